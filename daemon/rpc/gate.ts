import { setImmediate as turn } from 'node:timers/promises';

/** When a gate may be passed. */
export interface GateParts {
  /** Whether to wait at all. */
  readonly shut: () => boolean;
  /** Resolves once it is worth asking again. */
  readonly opened: () => Promise<void>;
}

/**
 * Lets calls begin at once while the client reads its answers, else one by one: each waits until the
 * answer of the one before had its chance to be written. So what waits for a client that asks much at
 * once is bounded by the mark of pressure, not by how much it asked.
 */
export class Gate {
  readonly #parts: GateParts;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Undefined to begin at once, else when to begin. */
  pass(): Promise<void> | undefined {
    if (this.#waiting === 0 && !this.#parts.shut()) return undefined;
    this.#waiting += 1;
    this.#last = this.#wait(this.#last);
    return this.#last;
  }

  async #wait(before: Promise<void>): Promise<void> {
    await before;
    await turn();
    while (this.#parts.shut()) await this.#parts.opened();
    this.#waiting -= 1;
  }
}
