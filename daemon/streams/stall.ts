/** How long a client may read nothing of what waits for it, in ms. */
const stallMs = 30_000;

/** Tells when something has been blocked for too long without any progress. */
export class StallWatch {
  readonly #stalled: () => void;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(stalled: () => void) {
    this.#stalled = stalled;
  }

  /** It is blocked, now or still. */
  blocked(): void {
    this.#since ??= performance.now();
    this.#arm(stallMs);
  }

  /** Something went on. The timer stays: a busy stream is blocked and goes on a thousand times a second. */
  progressed(): void {
    this.#since = undefined;
  }

  /** Whether it has been blocked for so long without any progress, in ms. */
  lasts(ms: number): boolean {
    return this.#since !== undefined && performance.now() - this.#since > ms;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = undefined;
  }

  #arm(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#look(), ms);
    this.#timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#since + stallMs - performance.now();
    if (left > 0) this.#arm(left);
    else this.#stalled();
  }
}
