import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of a test's own. */
export class TreeFolder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-tree-')));

  /** Where a name in it is. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes files, with the folders they need. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.at(name)), { recursive: true });
      writeFileSync(this.at(name), content);
    }
  }

  /** Runs git in it, as nobody in particular. */
  git(...args: string[]): string {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'init.defaultBranch=main'];
    return execFileSync('git', [...who, ...args], { cwd: this.path, encoding: 'utf8', stdio: 'pipe' });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
