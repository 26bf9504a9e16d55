import { type Deadlines, toolPatience } from './deadlines.js';
import type { StreamProcess } from './process.js';
import { type BrainState, deadlineOf } from './turnMachine.js';

/** Whose deadlines they are. */
export interface PatienceParts {
  readonly deadlines: Deadlines;
  readonly process: () => StreamProcess | undefined;
  /** The state's time is over. */
  readonly late: (state: BrainState, limitMs: number) => void;
}

/** The deadline that runs while a brain stands somewhere. */
export class Patience {
  readonly #parts: PatienceParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PatienceParts) {
    this.#parts = parts;
  }

  /** Silence in mid-turn that is borne now, in ms. */
  get silenceMs(): number {
    return this.#borne(this.#parts.deadlines.silenceMs);
  }

  /** Starts the deadline of the state that was just entered, in the place of the one before. */
  begin(state: BrainState): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const deadline = deadlineOf[state];
    if (deadline === undefined) return;
    const limit = this.#parts.deadlines[deadline];
    this.#timer = setTimeout(() => this.#over(state, limit), limit);
  }

  #over(state: BrainState, limit: number): void {
    if (state === 'running') {
      const process = this.#parts.process();
      const silent = performance.now() - (process?.heardAt ?? 0);
      const left = process?.desk.waiting === true ? limit : this.#borne(limit) - silent;
      if (left > 0) {
        // Whoever stops waiting for a human, or for a tool, has its usual time from then on, at most.
        this.#timer = setTimeout(() => this.#over(state, limit), Math.ceil(Math.min(left, limit)));
        return;
      }
    }
    this.#parts.late(state, limit);
  }

  #borne(limit: number): number {
    return this.#parts.process()?.reader.toolRunning === true ? limit * toolPatience : limit;
  }
}
