import { connect, type Socket } from 'node:net';
import { fail } from '../protocol/fail.js';
import { currentUid, inspectSocket, type ZonePaths } from '../protocol/zone.js';

/** Where to connect to, and which of its folders are khlone's own. */
export type SocketPlace = Pick<ZonePaths, 'socket' | 'socketFolders'>;

/** What one try to connect came to. */
export type Dialled =
  | { state: 'connected'; socket: Socket }
  /** ENOENT, ECONNREFUSED, or ECONNRESET of a daemon that dies this instant: nobody listens. */
  | { state: 'absent'; code: string }
  /** EAGAIN: somebody listens, and more clients wait than the kernel holds. */
  | { state: 'busy'; code: string };

/**
 * Tries once to connect, after a look at whose socket it is. The socket comes paused and without listeners: the
 * caller takes it over in the same turn.
 * @throws pathUnsafe when socket or folders are not this user's own; daemonUnreachable for any other failure
 */
export async function dial(place: SocketPlace, signal?: AbortSignal): Promise<Dialled> {
  if (inspectSocket(place, currentUid()) === 'absent') return { state: 'absent', code: 'ENOENT' };
  const socket = connect({ path: place.socket });
  const code = await outcomeOf(socket, signal);
  if (code === undefined) return { state: 'connected', socket };
  socket.destroy();
  signal?.throwIfAborted();
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET') return { state: 'absent', code };
  if (code === 'EAGAIN') return { state: 'busy', code };
  throw fail('daemonUnreachable', { socket: place.socket, reason: `connecting failed with ${code}` });
}

/** Undefined once connected, else the system's error code. */
function outcomeOf(socket: Socket, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (code: string | undefined): void => {
      socket.removeListener('connect', connected);
      socket.removeListener('error', failed);
      signal?.removeEventListener('abort', aborted);
      // An error that comes after the verdict (a destroyed socket's) must not end the process.
      if (code !== undefined) socket.on('error', () => undefined);
      resolve(code);
    };
    const connected = (): void => settle(undefined);
    const failed = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
    const aborted = (): void => settle('ABORT_ERR');
    socket.once('connect', connected);
    socket.once('error', failed);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted === true) aborted();
  });
}
