import type { Disposable } from '../../lifecycle.js';

/** How long nothing has to be printed. In milliseconds. */
export interface Quiet {
  /** After output. */
  readonly afterOutput: number;
  /** Where there is none; without it, none is waited for. */
  readonly otherwise?: number;
}

/** Tells when a program has been quiet for a time. */
export class Calm implements Disposable {
  readonly #told: () => void;
  #timer: NodeJS.Timeout | undefined;
  #quiet: Quiet | undefined;
  #heardAt: number | undefined;

  /** `told` is called once for each `watch`, from a timer. */
  constructor(told: () => void) {
    this.#told = told;
  }

  /** Waits for a quiet time that begins now; ends the wait before. */
  watch(quiet: Quiet): void {
    this.dispose();
    this.#quiet = quiet;
    if (quiet.otherwise !== undefined) this.#arm(quiet.otherwise);
  }

  /** Something was printed. Cheap: a program can print a thousand times in a millisecond. */
  heard(): void {
    if (!this.#quiet) return;
    const first = this.#heardAt === undefined;
    this.#heardAt = performance.now();
    if (first) this.#arm(this.#quiet.afterOutput);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#quiet = undefined;
    this.#heardAt = undefined;
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    if (!this.#quiet) return;
    const left =
      this.#heardAt === undefined ? 0 : this.#heardAt + this.#quiet.afterOutput - performance.now();
    if (left > 0) return this.#arm(Math.ceil(left));
    this.dispose();
    this.#told();
  }
}
