import { closeSync, fstatSync, writeSync } from 'node:fs';
import type { KhloneError } from '../../protocol/error.js';

/** How a starting daemon tells the client that started it how it went: one line, once, on an inherited pipe. */
export interface ReadyChannel {
  /** Its descriptor, until the report is made; undefined where nobody waits for one. */
  readonly fd: number | undefined;
  /** Says that the daemon listens on `socket`. */
  ready(socket: string): void;
  /** Says why the daemon does not start. */
  failed(error: KhloneError): void;
}

/**
 * Takes the channel that `KHLONE_READY_FD` names out of the environment, so that no child of the daemon is told
 * of it. Without one, as in the foreground, both reports do nothing. Neither ever throws: the client may be gone.
 */
export function takeReadyChannel(env: NodeJS.ProcessEnv): ReadyChannel {
  const named = env['KHLONE_READY_FD'];
  delete env['KHLONE_READY_FD'];
  let fd = named !== undefined && /^\d{1,4}$/.test(named) ? Number(named) : undefined;
  if (fd !== undefined && !isPipe(fd)) fd = undefined;
  const report = (message: unknown): void => {
    if (fd === undefined) return;
    const to = fd;
    fd = undefined;
    try {
      writeSync(to, `${JSON.stringify(message)}\n`);
    } catch {
      // Whoever started us has gone; nobody is left to tell.
    } finally {
      closeSync(to);
    }
  };
  return {
    get fd() {
      return fd;
    },
    ready: (socket) => report({ ready: { socket, pid: process.pid } }),
    failed: ({ code, message, data }) => report({ error: { code, message, data } }),
  };
}

/** A number that came from elsewhere may stand for any file of ours, which must not be written to. */
function isPipe(fd: number): boolean {
  if (fd < 3) return false;
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}
