import { type Entry, isFolder, sameType } from './entry.js';
import { keyOf, type Path, shown } from './path.js';
import type { Difference } from './tree.js';

/**
 * How an entry is not what it was: `touched` was written and put back, or only its times moved; `written` moved its
 * times, and what it held before is not known.
 */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'mode' | 'touched' | 'written';

/** An entry that is not what it was, over one or several looks. */
export interface Change {
  readonly path: Path;
  readonly kind: ChangeKind;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** The differences of looks that followed on each other, one for each path. */
export function joined(looks: Iterable<readonly Difference[]>): Difference[] {
  const byPath = new Map<string, Difference>();
  for (const differences of looks) {
    for (const difference of differences) {
      const key = keyOf(difference.path);
      const earlier = byPath.get(key);
      byPath.set(key, earlier ? { ...difference, before: earlier.before } : difference);
    }
  }
  return [...byPath.values()];
}

/** Says how each entry changed. `hashOf` reads what an entry holds now. */
export function classified(
  differences: readonly Difference[],
  hashOf: (difference: Difference) => string | undefined,
): Change[] {
  const filled = new Set<string>();
  const changes = differences.map((difference): Change => {
    const { path, before, after } = difference;
    // What is in a folder tells of the folder.
    const replaced = !before || !after || before.ino !== after.ino || !sameType(before.mode, after.mode);
    if (replaced) filled.add(keyOf(parentOf(path)));
    return { ...difference, kind: kindOf(difference, hashOf) };
  });
  return changes
    .filter(
      ({ path, kind, after }) =>
        !(kind === 'touched' && after && isFolder(after.mode) && filled.has(keyOf(path))),
    )
    .sort((a, b) => (shown(a.path) < shown(b.path) ? -1 : 1));
}

function kindOf(difference: Difference, hashOf: (difference: Difference) => string | undefined): ChangeKind {
  const { before, after } = difference;
  // What came and went between two looks was there all the same.
  if (!before) return after ? 'added' : 'touched';
  if (!after) return 'removed';
  if (!sameType(before.mode, after.mode)) return 'changed';
  const rights = before.mode !== after.mode || before.uid !== after.uid || before.gid !== after.gid;
  if (isFolder(after.mode)) return rights ? 'mode' : 'touched';
  const hash = before.hash === undefined ? undefined : hashOf(difference);
  if (hash === undefined ? before.size !== after.size : hash !== before.hash) return 'changed';
  if (rights) return 'mode';
  return hash === undefined ? 'written' : 'touched';
}

function parentOf(path: Path): Path {
  const end = path.lastIndexOf('/');
  return typeof path === 'string' ? path.slice(0, end) : asText(path.subarray(0, end));
}

const asText = (path: Buffer): Path => {
  const text = path.toString('utf8');
  return Buffer.from(text).equals(path) ? text : path;
};
