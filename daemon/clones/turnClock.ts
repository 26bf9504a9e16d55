import { Alarm } from './alarm.js';

/** Counts how long a brain works at a turn: while it waits for a human, the clock stands. */
export class TurnClock {
  readonly #alarm = new Alarm();
  readonly #late: () => void;
  #leftMs: number;
  #runsSince: number | undefined;

  /** `late` is called once so much time was worked. */
  constructor(limitMs: number, late: () => void) {
    this.#leftMs = limitMs;
    this.#late = late;
    this.run();
  }

  run(): void {
    if (this.#runsSince !== undefined) return;
    this.#runsSince = performance.now();
    this.#alarm.set(this.#leftMs, this.#late);
  }

  stand(): void {
    if (this.#runsSince === undefined) return;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#runsSince));
    this.#runsSince = undefined;
    this.#alarm.clear();
  }
}
