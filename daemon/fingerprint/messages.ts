import type { ChangeKind } from './changes.js';

/** What a printer's thread is begun with. */
export interface ThreadData {
  readonly root: string;
  /** Folders that are khlone's own, should they lie in the zone. */
  readonly except: readonly string[];
  /** Where prints are kept; they are not when left out. */
  readonly kept?: string;
}

/** That a print is kept until it is released, under a key of file names' letters, with a number noted beside it. */
export interface Keep {
  readonly key: string;
  readonly since: number;
}

/** A change as it leaves the thread. */
export interface ChangedPath {
  /** From the zone's root; absolute where it is outside. */
  readonly path: string;
  readonly kind: ChangeKind;
}

/** What came of a comparison. */
export interface Comparison {
  /** The first ones; `total` counts all. */
  readonly changes: readonly ChangedPath[];
  readonly total: number;
  /** Why not all was looked at, if so. */
  readonly partial: string | undefined;
}

/** To the thread. */
export type PrintRequest =
  | { readonly type: 'take'; readonly keep?: Keep | undefined }
  /** The print that an earlier thread, or daemon, has kept under that key. */
  | { readonly type: 'resume'; readonly key: string }
  | { readonly type: 'compare'; readonly mark: number }
  /** A text of what differs at these paths of the last comparison with the mark. */
  | { readonly type: 'diff'; readonly mark: number; readonly paths: readonly string[] }
  | { readonly type: 'release'; readonly mark: number };

/** What each request is answered with. */
export interface PrintAnswers {
  readonly take: { readonly mark: number; readonly partial: string | undefined };
  readonly resume: { readonly mark: number; readonly partial: string | undefined; readonly since: number };
  readonly compare: Comparison;
  readonly diff: { readonly text: string; readonly truncated: boolean };
  readonly release: null;
}

/** An envelope to the thread, and one back. */
export type ToThread = { readonly id: number; readonly request: PrintRequest };
export type FromThread =
  | { readonly id: number; readonly answer: PrintAnswers[PrintRequest['type']] }
  | { readonly id: number; readonly failed: string }
  /** Something went wrong that nobody waits for. */
  | { readonly fault: string };
