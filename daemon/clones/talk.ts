import type { HeldSize } from '../holder/contract.js';
import type { Disposable } from '../lifecycle.js';
import type { Terminal } from '../streams/contract.js';

/** How a client wants to come to a clone's terminal. */
export interface TalkWish {
  /** Wait for a running turn, or fail with cloneBusy. */
  readonly wait: boolean;
  /** Interrupt a running turn. */
  readonly now: boolean;
  /** Size of a terminal that has to be opened. */
  readonly size: HeldSize | undefined;
  /** Gives up the wait. */
  readonly signal: AbortSignal;
}

/** A claim on a clone's terminal: until it is disposed the clone talks, and its tasks queue. */
export interface TalkHold extends Disposable {
  readonly terminal: Terminal;
}
