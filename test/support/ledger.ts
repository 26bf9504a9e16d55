import type { Approval, CloneActParams, CloneEnrollParams, Event, Task } from '../../client/index.js';

/** A call that may have no second effect, and what its client was told. */
export interface Keyed<P> {
  readonly params: P & { readonly idempotencyKey: string };
  /** Id of the task, or name of the clone; undefined while no answer has come. */
  receipt: string | undefined;
}

/** Everything that clients of a zone have sent and were told, to be held against what the zone knows later. */
export class Ledger {
  readonly acts = new Map<string, Keyed<CloneActParams>>();
  readonly enrolments = new Map<string, Keyed<CloneEnrollParams>>();
  /** Tasks a client has seen ended. */
  readonly ended = new Map<string, Task>();
  /** Approvals a client has answered. */
  readonly answered = new Map<string, Approval>();
  /** Stored events a client was sent, in the order in which they came. */
  readonly events: Event[] = [];
  #last = 0;

  act(who: string, words: string): Keyed<CloneActParams> {
    const idempotencyKey = `act-${++this.#last}`;
    // Every text is said once, so that a task that was doubled shows.
    const entry = {
      params: { who, say: `${words} (${idempotencyKey})`, idempotencyKey },
      receipt: undefined,
    };
    this.acts.set(idempotencyKey, entry);
    return entry;
  }

  enroll(params: CloneEnrollParams): Keyed<CloneEnrollParams> {
    const idempotencyKey = `enroll-${++this.#last}`;
    const entry = { params: { ...params, idempotencyKey }, receipt: undefined };
    this.enrolments.set(idempotencyKey, entry);
    return entry;
  }
}
