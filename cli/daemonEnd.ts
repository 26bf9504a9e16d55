import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { locateZone } from '../client/autostart.js';
import { isKhloneError, type Khlone } from '../client/index.js';
import { parseZoneInfo } from '../protocol/zone.js';
import { connectIfRunning, type Context } from './context.js';
import { exists, waitForEnd } from './processEnd.js';

/** Longest time a daemon takes that waits for no turn, in ms: brains have some seconds to end. */
const endMs = 30_000;

/** How a daemon is to end. */
export interface EndOrder {
  /** Waits for running turns first. */
  readonly drain: boolean;
  readonly brains: 'keep' | 'end';
}

/** A daemon that runs: one that can be talked to, or one of another release, of which only the process is known. */
export type RunningDaemon =
  | { readonly state: 'speaks'; readonly khlone: Khlone }
  | { readonly state: 'foreign'; readonly pid: number; readonly version: string; readonly error: unknown };

/**
 * The zone's daemon; undefined where none runs. One that speaks no common version of the protocol counts too.
 * @throws KhloneError
 */
export async function findDaemon(context: Context): Promise<RunningDaemon | undefined> {
  try {
    const khlone = await connectIfRunning(context);
    return khlone && { state: 'speaks', khlone };
  } catch (error) {
    if (!isKhloneError(error, 'versionUnsupported')) throw error;
    const { zone, paths } = locateZone(context.folder, context.env);
    const info = parseZoneInfo(readFileSync(paths.info, 'utf8'));
    if (info === undefined || !isDaemonOf(info.pid, zone.root)) throw error;
    return { state: 'foreign', pid: info.pid, version: info.version, error };
  }
}

/** Ends a daemon and resolves with its pid once it is gone; the connection to it is closed. */
export async function endDaemon(daemon: RunningDaemon, order: EndOrder): Promise<number> {
  const pid = await ask(daemon, order);
  await waitForEnd(pid, order.drain ? undefined : endMs);
  return pid;
}

async function ask(daemon: RunningDaemon, { drain, brains }: EndOrder): Promise<number> {
  if (daemon.state === 'foreign') {
    // It could not be told to wait.
    if (drain) throw daemon.error;
    return signal(daemon.pid, brains);
  }
  // Let go of before its end is awaited: it waits for its clients in turn.
  await using khlone = daemon.khlone;
  const { pid } = khlone.session.daemon;
  try {
    await khlone.daemon.stop({ drain, ...(brains === 'keep' && { brains }) });
  } catch (error) {
    // One of a release that did not know how to keep them.
    if (drain || brains === 'end' || !isKhloneError(error, 'invalidParams')) throw error;
    signal(pid, brains);
  }
  return pid;
}

/**
 * By signal, for a daemon that does not understand: SIGUSR2 asks one to leave its brains to the next; one of a release
 * that knows nothing of it dies of it on the spot, as in a crash, which its brains outlive too.
 */
function signal(pid: number, brains: 'keep' | 'end'): number {
  process.kill(pid, brains === 'keep' ? 'SIGUSR2' : 'SIGTERM');
  return pid;
}

/** Whether a number that was written down still is that of a daemon of this zone, and not of another process since. */
function isDaemonOf(pid: number, root: string): boolean {
  return exists(pid) && commandOf(pid).includes(`daemon/main.js --zone ${root}`);
}

function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd();
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
