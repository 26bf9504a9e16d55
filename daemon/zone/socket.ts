import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fail } from '../../protocol/fail.js';
import { checkOwn } from '../../protocol/owned.js';
import { toDisposable, type Disposable } from '../lifecycle.js';

/**
 * Connections the kernel holds until they are accepted. Node's default of 511 turns some away when thousands
 * come at once; Linux caps this at net.core.somaxconn, which is 4096 by default.
 */
const backlog = 4096;

/** A listening socket at a path. Disposing stops listening and takes the path away if it is still ours. */
export interface BoundSocket extends Disposable {
  readonly path: string;
  /** False once something else, or nothing, is at the path. */
  isOurs(): boolean;
}

/** What to listen for; the caller holds the lock that makes it the only one to bind here. */
export interface BindRequest {
  readonly path: string;
  readonly uid: number;
  readonly onConnection: (socket: Socket) => void;
}

/**
 * Listens at `path`, in place of what a dead daemon left there. The socket has its name only once it listens
 * with mode 0600, so no client ever meets one that is half made.
 * @throws pathUnsafe when the path is taken by another user, by no socket, or by a program that answers;
 * storageFailed when it cannot be bound.
 */
export async function bindSocket({ path, uid, onConnection }: BindRequest): Promise<BoundSocket> {
  const left = checkOwn(path, 'socket', uid);
  if (left.state === 'unsafe') throw fail('pathUnsafe', { path, reason: left.reason });
  if (left.state === 'safe' && (await answers(path))) {
    throw fail('pathUnsafe', { path, reason: 'another program listens on it' });
  }
  const server = createServer(onConnection);
  const temporary = await listenBeside(server, path);
  try {
    const inode = inodeOf(temporary);
    renameSync(temporary, path);
    return boundSocket(server, path, inode);
  } catch (error) {
    server.close();
    throw fail('storageFailed', { reason: `${path} cannot be bound (${codeOf(error)})` });
  }
}

/** Tries several names: in a shared folder one of this pattern may be somebody's. */
async function listenBeside(server: Server, path: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    // Three bytes longer than the shortest name at most: still within what macOS takes at the limit.
    const temporary = join(dirname(path), `.${randomInt(36 ** 2, 36 ** 3).toString(36)}`);
    try {
      await listen(server, temporary);
      return temporary;
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE' && attempt < 9) continue;
      throw fail('storageFailed', { reason: `${path} cannot be bound (${codeOf(error)})` });
    }
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  // Node binds a local socket before listen() returns, so this umask is in force only for that bind.
  const before = process.umask(0o177);
  try {
    server.listen({ path, backlog });
  } finally {
    process.umask(before);
  }
  await listening;
}

function boundSocket(server: Server, path: string, inode: bigint): BoundSocket {
  // A failed accept (no descriptors left) concerns one connection; without a listener it would end the daemon.
  server.on('error', () => undefined);
  const isOurs = (): boolean => {
    try {
      return inodeOf(path) === inode;
    } catch {
      return false;
    }
  };
  const closing = toDisposable(() => {
    // The name goes first, so that a client finds nothing rather than a socket that is closing. The server
    // itself unlinks the name it was bound with, which is long gone: a successor's socket stays.
    if (isOurs()) removeName(path);
    server.close();
  });
  return { path, isOurs, dispose: () => closing.dispose() };
}

/** Whether anything accepts a connection. A full backlog counts: somebody listens. */
async function answers(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch (error) {
    return codeOf(error) === 'EAGAIN';
  } finally {
    probe.destroy();
  }
}

function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // A name that stays behind is a stale socket, which the next daemon replaces.
  }
}

function inodeOf(path: string): bigint {
  return lstatSync(path, { bigint: true }).ino;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
