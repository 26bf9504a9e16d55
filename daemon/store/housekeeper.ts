import { setTimeout as sleep } from 'node:timers/promises';
import { type Disposable, onUnexpectedError } from '../lifecycle.js';
import type { Retention } from './retention.js';
import type { Store } from './store.js';

/** After a start, in ms: what clients wait for goes first. */
const firstMs = 10_000;
/** Between two rounds, in ms. */
const everyMs = 60 * 60 * 1000;
/** Most that is forgotten in one transaction. */
const atOnce = 100;
/** Between two transactions, in ms, so that calls come in between. */
const pauseMs = 20;

/** What was forgotten in a round. */
export interface Swept {
  readonly tasks: number;
  readonly keys: number;
}

/** Whose store to keep in bounds, and how. */
export interface HousekeeperParts {
  readonly store: Store;
  readonly retention: Retention;
  /** Hears of rounds in which there was something to forget. */
  readonly swept?: (swept: Swept) => void;
}

/** Keeps the database from growing without bound: forgets what is old, in small transactions, at a slow pace. */
export class Housekeeper implements Disposable {
  readonly #parts: HousekeeperParts;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
    this.#rest(firstMs);
  }

  /** One round: forgets all there is to forget. @throws storageFailed */
  async sweep(now = Date.now()): Promise<Swept> {
    const { store, retention } = this.#parts;
    const { tasksMs, tasks: most, keysMs } = retention;
    // Keys first: a key that outlived its task would stand for nothing.
    const keys = await this.#all((limit) => store.retention.dropKeys(now - keysMs, limit));
    const young = now - keysMs;
    const aged = await this.#all((limit) => store.retention.dropTasks(Math.min(now - tasksMs, young), limit));
    const tooMany = await this.#all((limit) => {
      const excess = store.retention.endedTasks() - most;
      return excess <= 0 ? 0 : store.retention.dropTasks(young, Math.min(excess, limit));
    });
    return { keys, tasks: aged + tooMany };
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  async #round(): Promise<void> {
    try {
      const swept = await this.sweep();
      if (swept.tasks + swept.keys > 0) this.#parts.swept?.(swept);
    } catch (error) {
      // The disk may take it the next time.
      onUnexpectedError(error);
    }
    this.#rest(everyMs);
  }

  #rest(ms: number): void {
    if (this.#ending.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#round(), ms).unref();
  }

  /** Does it again until nothing is left to do. Resolves with how much it was. */
  async #all(drop: (most: number) => number): Promise<number> {
    let all = 0;
    while (!this.#ending.signal.aborted) {
      const dropped = this.#parts.store.transact(() => drop(atOnce));
      all += dropped;
      if (dropped < atOnce) break;
      await sleep(pauseMs, undefined, { signal: this.#ending.signal, ref: false }).catch(() => undefined);
    }
    return all;
  }
}
