import type { OffReason } from '../../protocol/shapes/clone.js';
import type { Alarm } from './alarm.js';
import type { CloneProcess } from './cloneProcess.js';
import type { CloneLedger } from './ledger.js';

/** Default time a process stays warm at rest. */
const defaultIdleMs = 15 * 60_000;

/** What the rest of a clone is kept with. */
export interface RestParts {
  readonly ledger: () => CloneLedger;
  readonly process: () => CloneProcess;
  readonly alarm: Alarm;
  /** Changes the state; a disk that refuses is asked again later. */
  readonly guarded: (change: () => void) => void;
}

/** Gives back what a clone at rest holds. */
export class Rest {
  readonly #parts: RestParts;

  constructor(parts: RestParts) {
    this.#parts = parts;
  }

  /** Whether there is a process to give back, which holds nothing but the conversation: no turn, and no terminal. */
  get holds(): boolean {
    const process = this.#parts.process();
    const { state } = this.#parts.ledger();
    return (state === 'idle' || state === 'paused') && process.isAlive && !process.terminal;
  }

  /** A process at rest ends after a while. A terminal stays: somebody may come back to it. */
  begin(): void {
    const { alarm, guarded } = this.#parts;
    const process = this.#parts.process();
    const ledger = this.#parts.ledger();
    const idleMs = ledger.record.limits.idleMs ?? defaultIdleMs;
    if (process.isAlive && !process.terminal) alarm.set(idleMs, () => void process.giveBack('idle'));
    else if (ledger.state === 'left')
      alarm.set(idleMs, () => guarded(() => ledger.change('stop', () => {}, 'idle')));
  }

  /** Ends the process, and the clone is off. @throws storageFailed */
  async end(reason: OffReason): Promise<void> {
    await this.#parts.process().giveBack(reason);
    const ledger = this.#parts.ledger();
    if (ledger.state !== 'off') ledger.change('stop', () => {}, reason);
  }
}
