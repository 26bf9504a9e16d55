/** Waits that one interrupt breaks off, for the turn that is on. */
export class Interruptible {
  #controller = new AbortController();

  /** Aborted when the turn is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins anew, for the next turn. */
  renew(): void {
    this.#controller = new AbortController();
  }

  interrupt(): void {
    this.#controller.abort();
  }

  /** Resolves after that time; rejects with an AbortError when it is interrupted first. */
  readonly wait = (ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const { signal } = this;
      const cancel = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', cancel);
        resolve();
      }, ms);
      if (signal.aborted) return cancel();
      signal.addEventListener('abort', cancel, { once: true });
    });
}
