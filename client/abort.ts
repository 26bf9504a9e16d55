import { onAbort } from './disposable.js';
import { failBecause } from './wire-errors.js';

/** What `work` comes to, or a rejection with `cancelled` as soon as the signal aborts; the work itself goes on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = onAbort(signal, () => reject(failBecause('cancelled', {}, signal.reason)));
    void work.then(resolve, reject).finally(() => abort.dispose());
  });
}
