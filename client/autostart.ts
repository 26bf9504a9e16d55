import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import {
  currentUid,
  parseZoneInfo,
  resolveZone,
  zonePaths,
  type Zone,
  type ZonePaths,
} from '../protocol/zone.js';
import { dial, type SocketPlace } from './dial.js';
import type { LaunchReport } from './launch.js';

/** A zone with its paths. */
export interface ZoneAddress {
  readonly zone: Zone;
  readonly paths: ZonePaths;
}

/** The zone that holds `dir`, and its paths in this environment. @throws zoneInvalid, pathTooLong, pathUnsafe */
export function locateZone(dir: string, env: NodeJS.ProcessEnv = process.env): ZoneAddress {
  const zone = resolveZone(dir);
  return { zone, paths: zonePaths({ zone, env, uid: currentUid() }) };
}

/** Which daemon to reach, and how hard to try. */
export interface ReachRequest {
  readonly address: ZoneAddress;
  /** What a new daemon's environment is chosen from; this process's own when left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether to start a daemon when none answers; true when left out. */
  readonly start?: boolean;
  /** The daemon's program; the one of this package when left out. */
  readonly daemonProgram?: string;
  /** How long to try, in milliseconds; 15,000 when left out. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A connection to a daemon, on which nothing was said yet. Its owner is whoever asked. */
export interface Reached {
  readonly socket: Socket;
  /** Where it was found; not the expected place when the daemon was started in another environment. */
  readonly path: string;
  /** Whether this call started the daemon. */
  readonly started: boolean;
}

const firstPauseMs = 5;
const longestPauseMs = 100;
/** Pause before a daemon is started again after it found the zone locked: the other one is starting or stopping. */
const relaunchPauseMs = 250;
/** Pause before a service is asked again: until then its daemon is starting. */
const askedPauseMs = 3_000;

/**
 * Connects to the zone's daemon, and starts one when none answers. Many may do so at once: the lock lets one
 * daemon win, and all connect to it. Nothing is ever unlinked here.
 * @throws daemonUnreachable (none answers in time, it ended at once, or `start` is false), pathUnsafe, whatever
 * the daemon said why it does not start, or the signal's reason
 */
export async function reachDaemon(request: ReachRequest): Promise<Reached> {
  const { address, start = true, deadlineMs = 15_000, signal } = request;
  const { paths } = address;
  const until = Date.now() + deadlineMs;
  let place: SocketPlace = paths;
  let started = false;
  let locked = false;
  let asked = false;
  let launchAt = 0;
  let pause = firstPauseMs;
  for (;;) {
    // A service says where it listens once it does, and not before.
    if (asked) place = await ownersPlace(address);
    const dialled = await dial(place, signal);
    if (dialled.state === 'connected') return { socket: dialled.socket, path: place.socket, started };
    const absent = dialled.state === 'absent';
    if (absent && !start) throw unreachable(place, dialled.code);
    if (Date.now() >= until) {
      const holder = locked ? '; another process holds the lock, and may be starting or stopping' : '';
      throw unreachable(place, `${dialled.code} for ${deadlineMs} ms${holder}`);
    }
    if (absent && Date.now() >= launchAt) {
      const report = await launch(request, AbortSignal.timeout(Math.max(1, until - Date.now())));
      if (report.state === 'failed') throw report.error;
      if (report.state === 'silent') throw unreachable(place, `${report.reason}; its log is in ${paths.log}`);
      locked = report.state === 'locked';
      asked = report.state === 'asked';
      started ||= report.state === 'ready' || report.state === 'asked';
      place = report.state === 'ready' ? placeOf(report.socket, address) : await ownersPlace(address);
      launchAt = Date.now() + (asked ? askedPauseMs : relaunchPauseMs);
      pause = firstPauseMs;
      continue;
    }
    await wait(pause, undefined, signal === undefined ? {} : { signal });
    pause = Math.min(pause * 2, longestPauseMs);
  }
}

function unreachable(place: SocketPlace, reason: string): KhloneError {
  return fail('daemonUnreachable', { socket: place.socket, reason });
}

async function launch(request: ReachRequest, limit: AbortSignal): Promise<LaunchReport> {
  const { address, env = process.env, daemonProgram, signal } = request;
  try {
    // Loaded only where a daemon has to be started: nearly every call finds one.
    const { launchDaemon } = await import('./launch.js');
    return await launchDaemon({
      zone: address.zone,
      env,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(daemonProgram === undefined ? {} : { daemonProgram }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return { state: 'silent', reason: 'it was started and is not ready in time' };
    throw error;
  }
}

/**
 * Where the daemon that holds the lock listens. It may have been started in an environment that puts the
 * socket elsewhere (a login shell has XDG_RUNTIME_DIR, a cron job has not), and says so in `zone.json`.
 */
async function ownersPlace(address: ZoneAddress): Promise<SocketPlace> {
  try {
    const info = parseZoneInfo(await readFile(address.paths.info, 'utf8'));
    return info === undefined ? address.paths : placeOf(info.socket, address);
  } catch {
    return address.paths;
  }
}

function placeOf(socket: string, { zone, paths }: ZoneAddress): SocketPlace {
  if (socket === paths.socket) return paths;
  const folder = dirname(socket);
  const ours = basename(socket) === 's' && basename(folder) === zone.id;
  return { socket, socketFolders: ours ? [dirname(folder), folder] : [] };
}
