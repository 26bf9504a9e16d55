import type { Backoff } from '../../protocol/shapes/clone.js';

/** How many failures within the window park a clone (design: five in ten minutes). */
const parkAfter = 5;
const windowMs = 10 * 60_000;
const firstDelayMs = 1000;
const longestDelayMs = 60_000;

/** Counts how often a clone's process failed, and says how long to wait before the next one. */
export class FailureCount {
  #times: number[] = [];
  #notBefore = 0;
  /** Failures since the last success. */
  #inARow = 0;

  /** Notes a failure; answers whether the clone is to be parked. */
  failed(now: number, jitter: number = Math.random()): boolean {
    this.#times = [...this.#times.filter((time) => now - time < windowMs), now];
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** this.#inARow);
    this.#inARow += 1;
    // Half fixed, half random: clones that failed together do not come back together.
    this.#notBefore = now + delay / 2 + (delay / 2) * jitter;
    return this.#times.length >= parkAfter;
  }

  /** The next failure waits as briefly as the first; it still counts with those of the last minutes. */
  succeeded(): void {
    this.#inARow = 0;
    this.#notBefore = 0;
  }

  /** A human lets the clone try again: nothing counts any more. */
  forgive(): void {
    this.succeeded();
    this.#times = [];
  }

  /** Milliseconds until another process may be started; 0 for now. */
  delay(now: number): number {
    return Math.max(0, Math.ceil(this.#notBefore - now));
  }

  get count(): number {
    return this.#times.length;
  }

  /** What is to be seen of it; undefined while the last task ended well. */
  backoff(now: number): Backoff | undefined {
    if (this.#inARow === 0) return undefined;
    const failures = this.#times.filter((time) => now - time < windowMs).length;
    if (this.#notBefore > now) return { failures, nextAt: new Date(this.#notBefore).toISOString() };
    return failures > 0 ? { failures } : undefined;
  }
}
