interface Sleeper {
  readonly now: boolean;
  readonly slept: () => void;
  readonly failed: (error: unknown) => void;
}

/** Those who wait for the end of a clone's process. */
export class Sleepers {
  #waiting: Sleeper[] = [];

  /** Resolves when the process is gone. `now` does not wait for a turn that is on in its terminal. */
  add(now: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ now, slept: resolve, failed: reject });
    });
  }

  /** Whether the process may end for somebody; `turn` says whether a turn is on in its terminal. */
  due(turn: boolean): boolean {
    return this.#waiting.some(({ now }) => now || !turn);
  }

  /** Ends the process for all who wait. Never rejects: they are told. */
  async serve(end: () => Promise<void>): Promise<void> {
    const sleepers = this.#waiting.splice(0);
    try {
      await end();
      for (const { slept } of sleepers) slept();
    } catch (error) {
      for (const { failed } of sleepers) failed(error);
    }
  }

  /** The process is gone, for another reason than theirs. */
  release(): void {
    for (const { slept } of this.#waiting.splice(0)) slept();
  }
}
