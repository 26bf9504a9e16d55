/** Signals by which a program is asked to end. */
const asked = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Catches the signals that end a program, so that it can put things back first. */
export class EndSignals implements Disposable {
  readonly #stop = new AbortController();
  #received: NodeJS.Signals | undefined;

  constructor() {
    for (const signal of asked) process.on(signal, this.#heard);
  }

  /** Aborts with the first of them. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The first of them that came. */
  get received(): NodeJS.Signals | undefined {
    return this.#received;
  }

  [Symbol.dispose](): void {
    for (const signal of asked) process.off(signal, this.#heard);
  }

  readonly #heard = (signal: NodeJS.Signals): void => {
    this.#received ??= signal;
    this.#stop.abort(new Error(`received ${signal}`));
  };
}
