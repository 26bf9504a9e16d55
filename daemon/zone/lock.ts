import { closeSync, constants, fstatSync, futimesSync, lstatSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { fail } from '../../protocol/fail.js';
import { toDisposable, type Disposable } from '../lifecycle.js';
import { openOwnFile } from './folders.js';

/** An exclusive lock on a file, held by an open descriptor: it ends with the process, however that ends. */
export interface FileLock extends Disposable {
  readonly path: string;
  /** False once another file is at the path: a second process could then lock that one. */
  isOurs(): boolean;
  /** Sets the file's times to now, so that a cleaner of old temporary files leaves it alone. */
  touch(): void;
}

/** Each turn means that the file was replaced between open and check; more than a few is an attack or a mistake. */
const attempts = 20;

/**
 * Takes the lock at `path`, or answers undefined when another process (or this one) holds it. The file is
 * never unlinked: with two files at one path there could be two owners.
 * @throws pathUnsafe, storageFailed (also on a file system without locks)
 */
export function acquireLock(path: string, uid: number): FileLock | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const fd = openOwnFile(path, constants.O_RDWR, uid);
    let kept = false;
    try {
      if (!lockDescriptor(fd, path)) return undefined;
      kept = isSameFile(fd, path);
      if (kept) return heldLock(fd, path);
    } finally {
      if (!kept) closeSync(fd);
    }
  }
  throw fail('pathUnsafe', { path, reason: 'it is being replaced again and again' });
}

function lockDescriptor(fd: number, path: string): boolean {
  try {
    return tryLock(fd);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw fail('storageFailed', { reason: `${path} cannot be locked on this file system (${code})` });
  }
}

function heldLock(fd: number, path: string): FileLock {
  let open = true;
  const closing = toDisposable(() => {
    open = false;
    closeSync(fd);
  });
  return {
    path,
    isOurs: () => open && isSameFile(fd, path),
    touch() {
      if (!open) return;
      const now = new Date();
      try {
        futimesSync(fd, now, now);
      } catch {
        // Old times only matter to cleaners; the lock itself holds.
      }
    },
    dispose: () => closing.dispose(),
  };
}

function isSameFile(fd: number, path: string): boolean {
  try {
    const held = fstatSync(fd, { bigint: true });
    const there = lstatSync(path, { bigint: true });
    return held.ino === there.ino && held.dev === there.dev;
  } catch {
    return false;
  }
}
