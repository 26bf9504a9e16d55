import { identify } from './identity.js';
import type { HeldSize, ProcessExit, ProcessIdentity } from './wire.js';

/** The brain of a holder, behind pipes or in a terminal. */
export interface Brain {
  readonly identity: ProcessIdentity;
  /** Queues bytes for it; after its end they are dropped. */
  input(data: Buffer): void;
  /** Queues what a lane types, which `taken` does not count; false, and nothing is queued, where too much waits. */
  typed(data: Buffer): boolean;
  endInput(): void;
  resize(size: HeldSize): void;
  /** Whether a channel is read; one that is not makes the brain wait. */
  flow(channel: number, on: boolean): void;
}

/** What a brain tells, in this order: all output comes before `drained`. */
export interface BrainSink {
  /** The chunk is only lent: it is overwritten afterwards. */
  output(channel: number, chunk: Buffer): void;
  /** How many bytes of input it has taken in all. */
  taken(total: number): void;
  ended(exit: ProcessExit): void;
  drained(): void;
}

/**
 * Identifies a brain just started. One that has ended already is gone in every respect, but what it has started
 * meanwhile can still be found by its run.
 */
export function identifyBrain(pid: number, run: string): ProcessIdentity {
  return identify(pid, run) ?? { pid, startTime: '', bootId: identify(process.pid, run)?.bootId ?? '', run };
}
