import type { LedgerShared } from './ledger.js';

/** What all runners of a daemon share. */
export interface RunnerShared extends LedgerShared {
  /** Resolves when no process of an earlier daemon holds a conversation any more. */
  readonly ready: Promise<void>;
}
