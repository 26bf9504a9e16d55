/** Something that holds a resource until it is disposed; disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
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

/** Runs `listener` when the signal aborts, at once if it has already. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): Disposable {
  if (signal === undefined) return toDisposable(() => {});
  if (signal.aborted) {
    listener();
    return toDisposable(() => {});
  }
  signal.addEventListener('abort', listener, { once: true });
  return toDisposable(() => signal.removeEventListener('abort', listener));
}
