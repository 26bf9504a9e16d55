import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Backoff } from '../../protocol/shapes/clone.js';
import { storageError } from '../store/database.js';
import { isBroken } from './ends.js';
import { FailureCount } from './failures.js';
import type { CloneLedger } from './ledger.js';
import { persist } from './persist.js';
import type { TurnEnd } from './turn.js';

/** What the ends of a clone's tasks are written down with. */
export interface OutcomesParts {
  readonly ledger: () => CloneLedger;
  /** Whether the clone's process will serve another turn. */
  readonly alive: () => boolean;
  /** Whether the daemon is ending: what the disk refuses is left to the next one. */
  readonly closing: () => boolean;
}

/** Writes down how a clone's tasks end, however often that takes, and counts the failures of its brain. */
export class Outcomes {
  readonly #parts: OutcomesParts;
  readonly #failures = new FailureCount();

  constructor(parts: OutcomesParts) {
    this.#parts = parts;
  }

  /** Milliseconds until another process may be started for a task; 0 for now. */
  get delay(): number {
    return this.#failures.delay(Date.now());
  }

  /** What is to be seen of its brain's failures. */
  get backoff(): Backoff | undefined {
    return this.#failures.backoff(Date.now());
  }

  /** A human lets the clone try again. */
  forgive(): void {
    this.#failures.forgive();
  }

  /** @throws storageFailed where that is why: then nothing has begun */
  async failedToStart(error: unknown): Promise<void> {
    const known = asKnown(error);
    if (known.kind === 'storageFailed') throw known;
    const parked = this.#count();
    await this.#persist(() => this.#parts.ledger().failToStart(known, parked));
  }

  async finish(end: TurnEnd): Promise<void> {
    const { alive, ledger } = this.#parts;
    if (end.outcome.status === 'done') this.#failures.succeeded();
    const parked = isBroken(end) ? this.#count() : undefined;
    await this.#persist(() => ledger().finish(end, { step: alive() ? 'rest' : 'stop', parked }));
  }

  /** Counts once, however often it takes to write it down; the number of failures if they park the clone. */
  #count(): number | undefined {
    return this.#failures.failed(Date.now()) ? this.#failures.count : undefined;
  }

  #persist(write: () => void): Promise<void> {
    return persist(write, this.#parts.closing);
  }
}

/** What keeps a brain's holder from writing down what it starts, or from being started, and will pass. */
const passing: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EIO: 'the disk reports an error (EIO)',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

/** What kept a process from being started, as an error of the registry. */
export function asKnown(error: unknown): KhloneError {
  const known = storageError(error);
  if (known instanceof KhloneError) return known;
  const reason = passing[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined
    ? fail('brainError', { reason: String(error) })
    : fail('storageFailed', { reason });
}
