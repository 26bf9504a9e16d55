import type { BrainOutput } from '../brains/contract.js';
import type { EventLog } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { CloneProcess } from './cloneProcess.js';
import type { CloneLedger } from './ledger.js';
import { persist } from './persist.js';
import { asSaid, type Said, tell } from './speech.js';

/** What a hearing works with. */
export interface HearingParts {
  readonly log: EventLog;
  readonly ledger: () => CloneLedger;
  readonly process: () => CloneProcess;
  /** Whether a task is on, which hears for itself. */
  readonly taskOn: () => boolean;
  /** Whether the daemon is ending. */
  readonly closing: () => boolean;
}

/** Hears what is said in a clone's terminal while no task runs. */
export class Hearing {
  readonly #parts: HearingParts;

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  hear(output: BrainOutput): void {
    if (this.#parts.taskOn()) return;
    if (output.type === 'talk.moved') return void this.#moved(output).catch(onUnexpectedError);
    const said = asSaid(output);
    if (!said) return;
    // From here on the conversation exists, for the next task too.
    if (said.type === 'message.typed') this.#parts.ledger().begun();
    this.#tell(said);
  }

  async #moved(to: Extract<BrainOutput, { type: 'talk.moved' }>): Promise<void> {
    const { process, closing } = this.#parts;
    await persist(() => {
      if (process().moved(to)) return;
      const reason = `the terminal went to conversation ${to.conversation} of another clone; tasks stay with their own`;
      this.#tell({ type: 'fault', reason });
    }, closing);
  }

  #tell(said: Said): void {
    const ledger = this.#parts.ledger();
    const redact = <T>(value: T): T => ledger.redact(value);
    tell(this.#parts.log, { clone: ledger.record.name, redact }, said);
  }
}
