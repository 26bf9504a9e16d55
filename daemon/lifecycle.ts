/** Something that holds a resource until it is disposed; disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

let unexpected = (error: unknown): void => {
  process.stderr.write(
    `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
};

/** Says where errors go that no caller can receive (a listener's throw, a lost promise): the log, in a daemon. */
export function setUnexpectedErrorHandler(handler: (error: unknown) => void): void {
  unexpected = handler;
}

/** Reports an error that no caller can receive. */
export function onUnexpectedError(error: unknown): void {
  unexpected(error);
}

/** Makes a disposable of a function that runs at most once. */
export function toDisposable(release: () => void): Disposable {
  let done = false;
  return {
    dispose() {
      if (done) return;
      done = true;
      release();
    },
  };
}

/**
 * Owns disposables and releases them in reverse order, the others also where one fails; what is added after the
 * end is released at once.
 */
export class DisposableStore implements Disposable {
  readonly #held = new Set<Disposable>();
  #ended = false;

  add<T extends Disposable>(item: T): T {
    if (this.#ended) item.dispose();
    else this.#held.add(item);
    return item;
  }

  /** Releases one item before its time. */
  release(item: Disposable): void {
    if (this.#held.delete(item)) item.dispose();
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const item of [...this.#held].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        onUnexpectedError(error);
      }
    }
    this.#held.clear();
  }
}

/** Listeners of one kind of value. A listener that throws does not keep the others from hearing. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void): Disposable {
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        onUnexpectedError(error);
      }
    }
  }

  get size(): number {
    return this.#listeners.size;
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
