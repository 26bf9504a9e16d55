import { spawn, type ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { KhloneError, type ErrorData } from '../protocol/error.js';
import type { Zone } from '../protocol/zone.js';
import { daemonEnvironment } from './environment.js';
import { startByService } from './service.js';

/** What a daemon that was just started had to say. */
export type LaunchReport =
  /** It listens; the socket is where it says. */
  | { state: 'ready'; socket: string }
  /** Its service was asked to start it, and it will say in `zone.json` where it listens. */
  | { state: 'asked' }
  /** Another daemon owns the zone: a race that was lost, not a failure. */
  | { state: 'locked' }
  | { state: 'failed'; error: KhloneError }
  /** It ended, or was never there, without a word. */
  | { state: 'silent'; reason: string };

/** Which daemon to start. */
export interface LaunchRequest {
  readonly zone: Zone;
  readonly env: NodeJS.ProcessEnv;
  /** The daemon's program; the one of this package when left out. */
  readonly daemonProgram?: string;
  readonly signal?: AbortSignal;
}

/** A report is one line of JSON; more than this is something else. */
const reportLimit = 64 * 1024;

/** The compiled daemon beside this compiled client. By path: the client never imports the daemon. */
function ownDaemonProgram(): string {
  return fileURLToPath(new URL('../daemon/main.js', import.meta.url));
}

/**
 * Starts a daemon: by the zone's service, where one is installed, or in a session of its own, with no handle of ours but the pipe on which it reports, and waits
 * for that report. It goes on when this process ends, and when the wait is given up.
 * @throws the signal's reason when it is aborted
 */
export async function launchDaemon(request: LaunchRequest): Promise<LaunchReport> {
  const { zone, env, daemonProgram = ownDaemonProgram(), signal } = request;
  signal?.throwIfAborted();
  const own = request.daemonProgram === undefined;
  if (own && (await startByService(zone, env))) return { state: 'asked' };
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [daemonProgram, '--zone', zone.root], {
    detached: true,
    cwd: '/',
    env: { ...daemonEnvironment(env), KHLONE_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  // Out of descriptors, Node gives a child without streams, and an error event.
  const pipe = (child.stdio as ChildProcess['stdio'] | undefined)?.[3] as Readable | undefined;
  try {
    return await report(child, pipe ?? Readable.from([]), signal);
  } finally {
    pipe?.destroy();
    child.unref();
  }
}

function report(child: ChildProcess, pipe: Readable, signal: AbortSignal | undefined): Promise<LaunchReport> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (verdict: LaunchReport): void => {
      signal?.removeEventListener('abort', aborted);
      resolve(verdict);
    };
    const aborted = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', aborted, { once: true });
    child.once('error', (error) => settle({ state: 'silent', reason: error.message }));
    child.once('exit', (code, killer) => {
      // Its last line may still be in the pipe: the end of the pipe decides.
      const ending = killer === null ? `code ${code}` : `signal ${killer}`;
      const reason = `the daemon ended with ${ending} before it was ready`;
      if (pipe.readableEnded || pipe.destroyed) settle({ state: 'silent', reason });
      else pipe.once('close', () => settle({ state: 'silent', reason }));
    });
    pipe.setEncoding('utf8');
    pipe.on('error', () => undefined);
    pipe.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) settle(parseReport(text.slice(0, end)));
      else if (text.length > reportLimit) settle({ state: 'silent', reason: 'its report is not one line' });
    });
  });
}

/** Reads the one line of `daemon/zone/ready.ts`. */
export function parseReport(line: string): LaunchReport {
  const unreadable: LaunchReport = {
    state: 'silent',
    reason: `its report cannot be read: ${line.slice(0, 200)}`,
  };
  let said: { ready?: { socket?: unknown }; error?: { code?: unknown; message?: unknown; data?: ErrorData } };
  try {
    said = JSON.parse(line) as typeof said;
  } catch {
    return unreadable;
  }
  if (typeof said?.ready?.socket === 'string') return { state: 'ready', socket: said.ready.socket };
  const { code, message, data } = said?.error ?? {};
  if (typeof code !== 'number' || typeof message !== 'string' || typeof data?.kind !== 'string')
    return unreadable;
  if (data.kind === 'zoneLocked') return { state: 'locked' };
  return { state: 'failed', error: new KhloneError(code, message, data) };
}
