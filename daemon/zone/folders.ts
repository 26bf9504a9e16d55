import { closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../../protocol/fail.js';
import { checkOwn, checkShared, ownershipFault } from '../../protocol/owned.js';

/**
 * Makes everything this process creates from now on private to its user. Called once, before the first file:
 * a mode set after creation leaves a moment in which others can open it. Answers with the user's own umask, which
 * is for what brains make.
 */
export function restrictUmask(): number {
  return process.umask(0o077);
}

/**
 * Makes the folder with mode 0700, or checks the one that is there.
 * @throws pathUnsafe when it is a link, no folder, another user's, or open to others; storageFailed when it
 * cannot be made.
 */
export function secureFolder(path: string, uid: number): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EEXIST')
      throw fail('storageFailed', { reason: `${path} cannot be made (${code ?? 'unknown'})` });
  }
  const check = checkOwn(path, 'folder', uid);
  if (check.state === 'unsafe') throw fail('pathUnsafe', { path, reason: check.reason });
  if (check.state === 'absent')
    throw fail('pathUnsafe', { path, reason: 'it vanished while it was checked' });
}

/**
 * Makes or checks a chain of folders that khlone owns, outermost first. What lies above the first one belongs
 * to the user: it is made when missing, and otherwise left as it is.
 * @throws pathUnsafe, storageFailed
 */
export function secureFolders(folders: readonly string[], uid: number): void {
  const outermost = folders[0];
  if (outermost === undefined) return;
  try {
    mkdirSync(dirname(outermost), { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw fail('storageFailed', { reason: `${dirname(outermost)} cannot be made (${code})` });
  }
  for (const folder of folders) secureFolder(folder, uid);
}

/** Checks a folder of the user's choice: nobody else can replace our files in it. @throws pathUnsafe */
export function expectShared(path: string, uid: number): void {
  const check = checkShared(path, uid);
  if (check.state === 'unsafe') throw fail('pathUnsafe', { path, reason: check.reason });
  if (check.state === 'absent') throw fail('pathUnsafe', { path, reason: 'it does not exist' });
}

/**
 * Checks a file that another library will open by its path, such as the database; a missing one is fine. It is
 * not opened: closing any descriptor of an SQLite file drops the locks this process holds on it.
 * @throws pathUnsafe
 */
export function expectOwnFile(path: string, uid: number): void {
  const check = checkOwn(path, 'file', uid);
  if (check.state === 'unsafe') throw fail('pathUnsafe', { path, reason: check.reason });
}

/**
 * Opens a file of ours, made with mode 0600 when missing, and never through a link. The caller closes it.
 * @throws pathUnsafe when what is there is not this user's own private file; storageFailed otherwise.
 */
export function openOwnFile(path: string, flags: number, uid: number): number {
  let fd: number;
  try {
    // O_NONBLOCK: opening a fifo that somebody put there must not hang the daemon.
    fd = openSync(path, flags | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    const found = checkOwn(path, 'file', uid);
    if (found.state === 'unsafe') throw fail('pathUnsafe', { path, reason: found.reason });
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw fail('storageFailed', { reason: `${path} cannot be opened (${code})` });
  }
  const fault = ownershipFault(fstatSync(fd), 'file', uid);
  if (fault === undefined) return fd;
  closeSync(fd);
  throw fail('pathUnsafe', { path, reason: fault });
}
