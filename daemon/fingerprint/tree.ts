import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { type Entry, ctimeAt, get, isFolder, isSame, put, sameType, width } from './entry.js';
import { arrays, emptyFolder, type Folder, shared } from './folder.js';
import { below, keyOf, type Path } from './path.js';
import type { Scout } from './scout.js';
import { packed, type StoredTree, unpacked } from './storedTree.js';

/**
 * A time this close to the look is not to be trusted, in ms: what is written next may get the same one, as kernels
 * count time in steps.
 */
const racyMs = 20;

/** How often what changed just now is looked at again until its time lies back far enough. */
const settleRounds = 5;

/** What is looked at, and how much of it. */
export interface TreeBounds {
  /** Files and folders to look at, absolute and without links; links in them are not followed. */
  readonly roots: readonly string[];
  /** Folders in them that are none of the zone's. */
  readonly except: readonly string[];
  /** Most entries. */
  readonly entries: number;
  /** Longest look, in ms. */
  readonly lookMs: number;
  /** Makes one who helps to look, where there is much to look at. */
  readonly scout?: { readonly from: number; readonly make: () => Scout } | undefined;
}

/** An entry that is not what it was at the look before. */
export interface Difference {
  readonly path: Path;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What one look found. */
export interface Look {
  readonly differences: readonly Difference[];
  /** Why not all was looked at, if so. */
  readonly partial: string | undefined;
}

/** A place in the tree. */
export interface Spot {
  readonly folder: Folder;
  readonly index: number;
}

/**
 * A tree of files as it stood at the last look. A further look costs one `lstat` for each entry: a folder's names are
 * read again only where its time has moved.
 */
export class Tree {
  readonly #bounds: TreeBounds;
  readonly #except: ReadonlySet<string>;
  readonly #top: Folder;
  #count = 0;
  #differences: Difference[] | undefined;
  /** Why something is left out of every look, if so, and out of this one. */
  #bounded: string | undefined;
  #late: string | undefined;
  #recent: { readonly folder: Folder; readonly name: Path; readonly index: number }[] = [];
  #startedAt = 0;
  #deadline = 0;
  #first = true;
  #scout: Scout | undefined;
  /** The look that is on and that a scout helps with; 0 for none. */
  #round = 0;
  #rounds = 0;
  /** Folders whose entries a scout does not know as they are. */
  readonly #listed = new Set<Folder>();
  readonly #lost = new Set<number>();

  /** `stored` is what another one knew. */
  constructor(bounds: TreeBounds, stored?: StoredTree) {
    this.#bounds = bounds;
    this.#except = new Set(bounds.except);
    const { roots } = bounds;
    this.#top = { ...emptyFolder('/', 0), ...arrays(roots.length), names: roots, paths: roots };
    if (!stored) return;
    this.#top = unpacked(stored.top, (_, name) => name);
    this.#count = stored.count;
    this.#bounded = stored.bounded;
    this.#first = false;
  }

  /** What is known, for another one. */
  get stored(): StoredTree {
    return { count: this.#count, bounded: this.#bounded, top: packed(this.#top) };
  }

  /** How many entries are known. */
  get size(): number {
    return this.#count;
  }

  /**
   * Looks at all of it, and tells what differs from the look before. With `settle` it also waits, a moment, until a
   * later write must show: for a look that others are compared with.
   */
  look({ settle }: { readonly settle: boolean }): Look {
    this.#differences = this.#first ? undefined : [];
    this.#late = undefined;
    this.#recent = [];
    this.#startedAt = Date.now();
    this.#deadline = this.#startedAt + this.#bounds.lookMs;
    this.#send();
    for (const index of this.#top.paths.keys()) this.#visit(this.#top, index, true);
    this.#recall();
    if (settle) this.#settle();
    this.#first = false;
    const differences = this.#differences ?? [];
    this.#differences = undefined;
    return { differences, partial: this.#bounded ?? this.#late };
  }

  /** Everything there is, folders before what is in them. */
  *spots(folder: Folder = this.#top): Generator<Spot> {
    for (let index = 0; index < folder.paths.length; index++) {
      yield { folder, index };
      const inner = folder.folders[index];
      if (inner) yield* this.spots(inner);
    }
  }

  /** The entry of a path, where one is known. */
  find(path: string): Spot | undefined {
    const root = this.#bounds.roots.findIndex((each) => path === each || path.startsWith(`${each}/`));
    let spot: Spot | undefined = root < 0 ? undefined : { folder: this.#top, index: root };
    const rest = path.slice((this.#bounds.roots[root] ?? '').length + 1);
    for (const name of rest === '' ? [] : rest.split('/')) {
      const inner: Folder | undefined = spot && spot.folder.folders[spot.index];
      const index: number = inner?.names.indexOf(name) ?? -1;
      spot = inner && index >= 0 ? { folder: inner, index } : undefined;
    }
    return spot;
  }

  /** Lets the scout begin at the other end. */
  #send(): void {
    const { scout } = this.#bounds;
    if (!scout || this.#count < scout.from) return;
    if (!this.#scout) {
      this.#scout = scout.make();
      // It may hear of a folder before what is in it: the order is that of the walk.
      for (const { folder } of this.spots()) this.#listed.add(folder);
    }
    this.#scout.tell({ type: 'forget', ids: [...this.#lost] });
    this.#scout.tell({ type: 'know', folders: [...this.#listed].map(shared) });
    this.#lost.clear();
    this.#listed.clear();
    this.#round = ++this.#rounds;
    Atomics.store(this.#scout.look, 0, this.#round);
    this.#scout.tell({ type: 'look', look: this.#round });
  }

  #recall(): void {
    this.#round = 0;
    if (this.#scout) Atomics.store(this.#scout.look, 0, 0);
  }

  /** Whether the scout has been there in this look, and has found it to be as it is known. */
  #isScouted({ seen }: Folder, index: number): boolean {
    return this.#round !== 0 && seen !== undefined && Atomics.load(seen, index) === this.#round;
  }

  #settle(): void {
    for (let round = 0; round < settleRounds && this.#recent.length > 0; round++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, racyMs);
      const recent = this.#recent;
      this.#recent = [];
      this.#startedAt = Date.now();
      for (const { folder, name, index } of recent) {
        // Another name may stand there since the folder was read again.
        const now = folder.names[index] === name ? index : folder.names.indexOf(name);
        if (now >= 0) this.#visit(folder, now, false);
      }
    }
  }

  /** Looks at one entry, and with `deep` at all that is in it. */
  #visit(folder: Folder, index: number, deep: boolean): void {
    if (this.#isScouted(folder, index))
      return this.#noteRecent({ folder, index }, ctimeAt(folder.row, index));
    const path = folder.paths[index];
    if (path === undefined) return;
    const stat = statOf(path);
    const known = (folder.row[index * width] ?? 0) !== 0;
    if (!stat) {
      if (known) this.#gone(folder, index);
      folder.settled = false;
      return;
    }
    if (isFolder(stat.mode) && typeof path === 'string' && this.#except.has(path)) return;
    const same = known && isSame(folder.row, index, stat);
    if (!same) this.#moved({ folder, index }, path, stat);
    this.#noteRecent({ folder, index }, stat.ctimeMs);
    if (isFolder(stat.mode))
      this.#enter({ folder, index }, stat, deep && same ? 'all' : deep ? 'anew' : 'new');
  }

  #noteRecent({ folder, index }: Spot, ctime: number): void {
    if (ctime > this.#startedAt - racyMs)
      this.#recent.push({ folder, index, name: folder.names[index] ?? '' });
  }

  #moved({ folder, index }: Spot, path: Path, stat: Stats): void {
    const known = (folder.row[index * width] ?? 0) !== 0;
    const before = known ? get(folder.row, index, folder.hashes[index]) : undefined;
    const inner = folder.folders[index];
    if (inner && before && (!sameType(before.mode, stat.mode) || before.ino !== stat.ino)) {
      this.#lose(inner);
      folder.folders[index] = undefined;
    }
    if (!known) this.#count += 1;
    put(folder.row, index, stat);
    folder.hashes[index] = undefined;
    this.#differences?.push({ path, before, after: get(folder.row, index, undefined) });
  }

  /** `all` looks at all in it, `anew` reads its names as well, `new` looks only at what it did not have before. */
  #enter({ folder, index }: Spot, stat: Stats, what: 'all' | 'anew' | 'new'): void {
    const path = folder.paths[index] ?? '';
    let inner = folder.folders[index];
    if (!inner) {
      // A mount point is an entry; what is mounted there is no part of the tree.
      const mounted = folder !== this.#top && stat.dev !== folder.device;
      inner = { ...emptyFolder(path, stat.dev), left: mounted || this.#isFull() };
      folder.folders[index] = inner;
    }
    if (inner.left || this.#isLate()) return;
    if (what !== 'all' || !inner.settled) this.#list(inner, stat.ctimeMs);
    for (let each = 0; each < inner.paths.length; each++) {
      if (what === 'new' && (inner.row[each * width] ?? 0) !== 0) continue;
      this.#visit(inner, each, true);
    }
  }

  /** Whether nothing more may be taken in; a first look that is late has none to compare the rest with either. */
  #isFull(): boolean {
    const { entries } = this.#bounds;
    if (this.#count >= entries) this.#bounded = `the zone holds more than ${entries} files and folders`;
    else if (this.#first && this.#isLate()) this.#bounded = this.#late;
    else return false;
    return true;
  }

  #isLate(): boolean {
    if (Date.now() <= this.#deadline) return false;
    this.#late ??= `a look took longer than ${this.#bounds.lookMs} ms`;
    return true;
  }

  /** Reads a folder's names, and keeps what is known of those it still has. */
  #list(folder: Folder, ctime: number): void {
    folder.settled = ctime < Date.now() - racyMs;
    const names = namesIn(folder.path);
    const old = new Map(folder.names.map((name, index) => [keyOf(name), index]));
    const next = arrays(names.length);
    for (const [index, name] of names.entries()) {
      const was = old.get(keyOf(name));
      if (was === undefined) continue;
      next.row.set(folder.row.subarray(was * width, (was + 1) * width), index * width);
      next.hashes[index] = folder.hashes[was];
      next.folders[index] = folder.folders[was];
      old.delete(keyOf(name));
    }
    for (const index of old.values()) this.#gone(folder, index);
    const { path } = folder;
    if (this.#scout) this.#listed.add(folder);
    Object.assign(folder, next, { names, paths: names.map((name) => below(path, name)) });
  }

  #gone(folder: Folder, index: number): void {
    const path = folder.paths[index];
    if (path === undefined || (folder.row[index * width] ?? 0) === 0) return;
    this.#count -= 1;
    this.#differences?.push({ path, before: get(folder.row, index, folder.hashes[index]), after: undefined });
    const inner = folder.folders[index];
    folder.row.fill(0, index * width, (index + 1) * width);
    folder.hashes[index] = undefined;
    folder.folders[index] = undefined;
    if (inner) this.#lose(inner);
  }

  #lose(folder: Folder): void {
    this.#listed.delete(folder);
    if (folder.seen) this.#lost.add(folder.id);
    for (let index = 0; index < folder.paths.length; index++) this.#gone(folder, index);
  }
}

/** The entry at a place, if one is there. */
export function entryAt({ folder, index }: Spot): { readonly path: Path; readonly entry: Entry } | undefined {
  const path = folder.paths[index];
  if (path === undefined || ctimeAt(folder.row, index) === 0) return undefined;
  return { path, entry: get(folder.row, index, folder.hashes[index]) };
}

/** Notes what was read of the entry at a place. */
export function noteHash({ folder, index }: Spot, hash: string): void {
  folder.hashes[index] = hash;
}

const quietly = { throwIfNoEntry: false } as const;

function statOf(path: Path): Stats | undefined {
  try {
    return lstatSync(path, quietly);
  } catch {
    // A folder above it may not be searched, or is one no more.
    return undefined;
  }
}

/** A folder's names; none where it may not be read, which its own entry and time stand for then. */
function namesIn(path: Path): Path[] {
  try {
    const names = readdirSync(path);
    // A byte that is no UTF-8 has become a replacement character: such names are taken as bytes.
    if (!names.some((name) => name.includes('\uFFFD'))) return names;
    return readdirSync(path, { encoding: 'buffer' }).map((name) =>
      Buffer.from(name.toString('utf8')).equals(name) ? name.toString('utf8') : name,
    );
  } catch {
    return [];
  }
}
