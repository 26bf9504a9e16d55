export type { SandboxKind } from '../../protocol/shapes/zone.js';

import type { Link } from './links.js';

/** What this machine gives; why, and what to do, where it is nothing. */
export type SandboxState =
  | { readonly kind: 'bubblewrap' | 'sandboxExec' }
  | { readonly kind: 'none'; readonly reason: string; readonly next: string };

/** A folder that is written to, and where it is seen. */
export interface WritableFolder {
  readonly from: string;
  readonly at: string;
}

/** What a brain needs of the machine beside what all programs do. */
export interface SandboxNeeds {
  /** What it reads, should it lie where an ask else sees nothing. */
  readonly readable: readonly string[];
  readonly writable: readonly WritableFolder[];
}

/** A program as it is to be run. */
export interface Runnable {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where a zone is, and where khlone keeps what no ask may see. */
export interface SandboxPlaces {
  /** Root of the zone. */
  readonly zone: string;
  /** Folders of the daemon: its sockets, its state. */
  readonly hidden: readonly string[];
  /** Sockets of the daemon: one that was renamed is not found by the system's list. */
  readonly sockets: readonly string[];
}

/** Everything that decides what a sandbox looks like; paths are real ones, without symbolic links. */
export interface SandboxPlan {
  /** Folders that are emptied, and may be written to without a trace. */
  readonly scratch: readonly string[];
  /** What is to be seen although it lies in one of those. */
  readonly kept: readonly string[];
  /** Links in those folders by which something that is to be seen has its name. */
  readonly links: readonly Link[];
  /** Folders that are emptied in what is kept, as in all the rest. */
  readonly hidden: readonly string[];
  /** Files, sockets mostly, that are there and lead nowhere. */
  readonly dead: readonly string[];
  readonly writable: readonly WritableFolder[];
  readonly cwd: string;
}
