import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Locks that prove, for as long as they are held, that no daemon owns what they stand for. */
export interface HeldLocks extends Disposable {
  readonly paths: readonly string[];
}

/**
 * Takes the locks of a zone, or answers undefined where a daemon has one of them, or is about to. A daemon that starts
 * meanwhile finds the zone locked, and its client starts it again.
 */
export function takeLocks(paths: readonly string[]): HeldLocks | undefined {
  const held: number[] = [];
  const release = (): void => {
    for (const fd of held.splice(0)) closeSync(fd);
  };
  for (const path of paths) {
    const fd = take(path);
    if (fd === undefined) {
      release();
      return undefined;
    }
    held.push(fd);
  }
  return { paths, [Symbol.dispose]: release };
}

function take(path: string): number | undefined {
  const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
    readonly tryLock: (fd: number) => boolean;
  };
  let fd: number;
  try {
    fd = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      0o600,
    );
  } catch {
    return undefined;
  }
  try {
    if (tryLock(fd) && isSameFile(fd, path)) return fd;
  } catch {
    // A file system without locks: nothing is proved.
  }
  closeSync(fd);
  return undefined;
}

/** Another file may be at the path by now, and be locked by another process. */
function isSameFile(fd: number, path: string): boolean {
  const held = fstatSync(fd, { bigint: true });
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return there !== undefined && held.ino === there.ino && held.dev === there.dev;
}
