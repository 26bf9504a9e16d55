import { toDisposable, type Disposable } from '../lifecycle.js';
import type { FileLock } from './lock.js';
import type { BoundSocket } from './socket.js';

/** How often a daemon looks whether its zone is still its own, in milliseconds. */
export const watchIntervalMs = 30_000;

/** Age after which the locks' times are renewed, in milliseconds: far below the days that cleaners of /tmp wait. */
const renewalMs = 3_600_000;

/** What a daemon owns, and whom to tell when it does not any more. */
export interface WatchRequest {
  readonly socket: BoundSocket;
  readonly locks: readonly FileLock[];
  readonly everyMs: number;
  /** Called once, with what was lost. */
  readonly lost: (reason: string) => void;
}

/**
 * Checks path and inode of socket and locks again and again, without keeping the process alive. A daemon whose
 * files were removed or replaced cannot be reached, and another may be about to take its place: it must stop.
 */
export function watchOwnership({ socket, locks, everyMs, lost }: WatchRequest): Disposable {
  let renewedAt = Date.now();
  const timer = setInterval(() => {
    const gone = [socket, ...locks].find((held) => !held.isOurs());
    if (gone !== undefined) {
      clearInterval(timer);
      lost(`${gone.path} was removed or replaced`);
      return;
    }
    if (Date.now() - renewedAt < renewalMs) return;
    renewedAt = Date.now();
    for (const lock of locks) lock.touch();
  }, everyMs);
  timer.unref();
  return toDisposable(() => clearInterval(timer));
}
