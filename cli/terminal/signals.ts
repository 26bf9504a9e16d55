import type { Ending } from '../exit.js';
import type { Output } from '../output.js';

/** Signals by which a program is asked to end. */
const asked = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

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

  /** Ends as whoever sent the signal expects: by that signal, after all was said. */
  async finish(out: Output): Promise<Ending> {
    this[Symbol.dispose]();
    await out.flush();
    if (this.#received !== undefined) process.kill(process.pid, this.#received);
    return 'leftRunning';
  }

  [Symbol.dispose](): void {
    for (const signal of asked) process.off(signal, this.#heard);
  }

  readonly #heard = (signal: NodeJS.Signals): void => {
    this.#received ??= signal;
    this.#stop.abort(new Error(`received ${signal}`));
  };
}
