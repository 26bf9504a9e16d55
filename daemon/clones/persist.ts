import { isKhloneError } from '../../protocol/fail.js';
import { onUnexpectedError } from '../lifecycle.js';
import { storageError } from '../store/database.js';
import { retryMs } from '../store/retry.js';

/**
 * Writes what must not be lost, again and again until the disk takes it.
 * @throws what is no disk's fault, which would fail again, and anything once `ending` says so: then the
 * next daemon sets it right.
 */
export async function persist(write: () => void, ending: () => boolean): Promise<void> {
  for (;;) {
    try {
      return write();
    } catch (error) {
      // What is read before it is written may fail too.
      const known = storageError(error);
      onUnexpectedError(known);
      if (ending() || !isKhloneError(known, 'storageFailed')) throw known;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
