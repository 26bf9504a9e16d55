import { relative } from 'node:path';
import { type Change, classified, joined } from './changes.js';
import { blobId, contentOf } from './content.js';
import { diffOf, type DiffText } from './diffText.js';
import type { Entry } from './entry.js';
import { isFolder } from './entry.js';
import { type GitFolders, gitFolders } from './gitFolders.js';
import { indexMeaning } from './gitIndex.js';
import type { Comparison, PrintAnswers } from './messages.js';
import { type Path, shown } from './path.js';
import type { StoredTree } from './storedTree.js';
import { type Difference, entryAt, noteHash, type Spot, Tree, type TreeBounds } from './tree.js';

/** Most changes that are told one by one. */
const mostTold = 5_000;

/** Contents that are read beside the asks, so that a later change can be told from a touch: bytes in all. */
const mostHashed = 256 * 1024 * 1024;

/** Largest git index that is read, in bytes. */
const largestIndex = 64 * 1024 * 1024;

/** What a zone's prints are taken of. */
export interface PrintsOptions {
  /** The zone's real path. */
  readonly root: string;
  readonly except?: readonly string[];
  readonly bounds?: Partial<Pick<TreeBounds, 'entries' | 'lookMs'>>;
  readonly scout?: TreeBounds['scout'];
}

/** A print as it is kept: what the tree knew, and where git's folders were. */
export interface StoredPrint {
  readonly git: GitFolders;
  readonly tree: StoredTree;
  readonly partial: string | undefined;
}

interface Mark {
  readonly partial: string | undefined;
  /** What the last comparison with it found. */
  changes: readonly Change[];
}

/**
 * The prints of one zone: each is a look at every entry, and what is kept of it is how it differs from the one
 * before, as long as a mark needs that.
 */
export class Prints {
  readonly #options: PrintsOptions;
  readonly #root: string;
  #git: GitFolders;
  #tree: Tree;
  readonly #marks = new Map<number, Mark>();
  /** What each look found, by its number. */
  readonly #looks = new Map<number, readonly Difference[]>();
  #last = 0;
  #hashed = 0;
  #unhashed: Generator<Spot> | undefined;
  #version = 0;

  /** `stored` is a print that was kept: it is the mark 0. */
  constructor(options: PrintsOptions, stored?: StoredPrint) {
    this.#options = options;
    this.#root = options.root;
    this.#git = stored?.git ?? gitFolders(this.#root);
    this.#tree = this.#plant(stored?.tree);
    if (stored) this.#marks.set(0, { partial: stored.partial, changes: [] });
  }

  /** How many entries are known. */
  get size(): number {
    return this.#tree.size;
  }

  /** Another number whenever something else is known. */
  get version(): number {
    return this.#version;
  }

  /** What is known at the last look, to be kept as the print of that mark. @throws where there is no such mark */
  stored(number: number): StoredPrint {
    const { partial } = this.#mark(number);
    if (number !== this.#last) throw new Error(`the print ${number} is not the last one`);
    return { git: this.#git, tree: this.#tree.stored, partial };
  }

  /** Takes a print to compare with later; to be released. */
  take(): PrintAnswers['take'] {
    if (this.#marks.size === 0) this.#findGit();
    const partial = this.#look(true);
    this.#readIndex();
    this.#marks.set(this.#last, { partial, changes: [] });
    this.#unhashed ??= this.#tree.spots();
    return { mark: this.#last, partial };
  }

  /** Takes another print, and tells what differs. @throws where there is no such mark */
  compare(number: number): Comparison {
    const mark = this.#mark(number);
    const late = this.#look(false);
    const since = [...this.#looks].filter(([look]) => look > number).map(([, differences]) => differences);
    const hashes = new Map<Difference, string | undefined>();
    mark.changes = classified(joined(since), (difference) => {
      if (!hashes.has(difference)) hashes.set(difference, this.#hash(difference.path, difference.after));
      return hashes.get(difference);
      // That git has looked again at what is staged is no change.
    }).filter(({ path, kind }) => !(kind === 'touched' && path === this.#git.index));
    return {
      changes: mark.changes.slice(0, mostTold).map(({ path, kind }) => ({ path: this.#named(path), kind })),
      total: mark.changes.length,
      partial: mark.partial ?? late,
    };
  }

  /** What differs, as a text. @throws where there is no such mark */
  diff(number: number, paths: readonly string[]): DiffText {
    const wanted = new Set(paths);
    const chosen = this.#mark(number)
      .changes.map((change) => ({ ...change, name: this.#named(change.path) }))
      .filter(({ name, before, after }) => {
        const { mode } = after ?? before ?? { mode: 0 };
        return wanted.has(name) && !isFolder(mode);
      });
    return diffOf(chosen, this.#git.folder);
  }

  release(number: number): void {
    this.#marks.delete(number);
    const oldest = Math.min(...this.#marks.keys());
    for (const look of this.#looks.keys()) if (look <= oldest) this.#looks.delete(look);
  }

  /** Reads contents until `until`, in ms since 1970; false once all that should be is read. */
  hashSome(until: number): boolean {
    while (this.#unhashed && Date.now() < until) {
      const { value, done } = this.#unhashed.next();
      if (done || this.#hashed > mostHashed) {
        this.#version += 1;
        return false;
      }
      const at = entryAt(value);
      if (!at || at.entry.hash !== undefined || at.path === this.#git.index) continue;
      const content = contentOf(at.path, at.entry);
      if (!content) continue;
      this.#hashed += content.length;
      noteHash(value, blobId(content));
    }
    return this.#unhashed !== undefined;
  }

  #plant(stored?: StoredTree): Tree {
    const { root, except = [], bounds, scout } = this.#options;
    const whole = {
      roots: [root, ...this.#git.outside],
      except,
      entries: bounds?.entries ?? 1_000_000,
      lookMs: bounds?.lookMs ?? 10_000,
      scout,
    };
    return new Tree(whole, stored);
  }

  /** A zone may have become a repository, or a worktree of another one. */
  #findGit(): void {
    const before = this.#git.outside.join('\0');
    this.#git = gitFolders(this.#root);
    if (this.#git.outside.join('\0') === before) return;
    this.#tree = this.#plant();
    this.#unhashed = undefined;
  }

  #look(settle: boolean): string | undefined {
    const { differences, partial } = this.#tree.look({ settle });
    this.#last += 1;
    if (this.#last === 1 || differences.length > 0) this.#version += 1;
    if (this.#marks.size > 0) this.#looks.set(this.#last, differences);
    return partial;
  }

  #mark(number: number): Mark {
    const mark = this.#marks.get(number);
    if (!mark) throw new Error(`there is no print ${number}`);
    return mark;
  }

  /** What is staged is known before an ask begins, as it is told from git's own bookkeeping. */
  #readIndex(): void {
    const spot = this.#git.index === undefined ? undefined : this.#tree.find(this.#git.index);
    const at = spot && entryAt(spot);
    if (spot && at && at.entry.hash === undefined) this.#hash(at.path, at.entry);
  }

  #hash(path: Path, entry: Entry | undefined): string | undefined {
    const isIndex = path === this.#git.index;
    const content = entry && contentOf(path, entry, isIndex ? largestIndex : undefined);
    if (!content) return undefined;
    const hash = isIndex ? indexMeaning(content) : blobId(content);
    const spot = typeof path === 'string' ? this.#tree.find(path) : undefined;
    if (spot) noteHash(spot, hash);
    return hash;
  }

  #named(path: Path): string {
    const text = shown(path);
    if (text === this.#root) return '.';
    const inside = relative(this.#root, text);
    return inside.startsWith('../') ? text : inside;
  }
}
