import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** Longest `.git` or `commondir` file that is read, in bytes. */
const longest = 4096;

/** What of a repository's common folder is printed where that lies outside the zone: the rest is other worktrees'. */
const shared = ['refs', 'packed-refs', 'reftable', 'config', 'hooks', 'info'];

/** Where git keeps what belongs to a zone. */
export interface GitFolders {
  /** Paths outside the zone: those of a linked worktree, or of a submodule. */
  readonly outside: readonly string[];
  /** The index, wherever it is. */
  readonly index: string | undefined;
  /** The folder that git is told to find objects in. */
  readonly folder: string | undefined;
}

/** Finds git's folders by reading what names them; git is not run, which would heed what a repository configures. */
export function gitFolders(root: string): GitFolders {
  const own = realFolder(join(root, '.git')) ?? namedIn(join(root, '.git'), 'gitdir: ', root);
  if (own === undefined) return { outside: [], index: undefined, folder: undefined };
  const common = namedIn(join(own, 'commondir'), '', own);
  const paths = [own, ...(common === undefined ? [] : shared.map((name) => join(common, name)))];
  return {
    outside: paths.filter((path) => !isWithin(path, root)),
    index: join(own, 'index'),
    folder: own,
  };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function namedIn(file: string, prefix: string, base: string): string | undefined {
  try {
    if (statSync(file).size > longest) return undefined;
    const [line = ''] = readFileSync(file, 'utf8').split('\n');
    return line.startsWith(prefix) ? realFolder(resolve(base, line.slice(prefix.length))) : undefined;
  } catch {
    return undefined;
  }
}
