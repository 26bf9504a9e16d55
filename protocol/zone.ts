import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { ErrorDetails } from './errors.js';
import { checkOwn, checkShared } from './owned.js';

/** One worktree that one daemon serves. */
export interface Zone {
  /** Real path of the worktree's root. */
  readonly root: string;
  /** First 16 hex digits of the SHA-256 of the root: the name of its folders. */
  readonly id: string;
}

/** Where everything of one zone lives. Folder lists are the folders khlone owns, outermost first. */
export interface ZonePaths {
  readonly socket: string;
  /** Lock beside the socket, so that two zones or two states never share one socket. */
  readonly socketLock: string;
  /** Empty when `KHLONE_SOCKET` puts the socket into a folder of the user's choice. */
  readonly socketFolders: readonly string[];
  readonly stateDir: string;
  readonly stateFolders: readonly string[];
  readonly db: string;
  readonly brains: string;
  readonly log: string;
  readonly lock: string;
  readonly info: string;
}

/** What `zone.json` says about the daemon that wrote it last. */
export interface ZoneInfo {
  readonly root: string;
  readonly socket: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly version: string;
}

type ProblemKind = 'zoneInvalid' | 'pathTooLong' | 'pathUnsafe';

/** Why a zone or its paths cannot be used: a kind of the error registry with its details. */
export type ZoneProblem = { [K in ProblemKind]: { kind: K; details: ErrorDetails<K> } }[ProblemKind];

/**
 * A value, or the reason there is none. Daemon and client each turn the problem into their own error: the
 * registry's texts come with zod, which the client must not load.
 */
export type Outcome<T> = { ok: true; value: T } | { ok: false; problem: ZoneProblem };

/** The environment and user that paths are derived from. */
export interface PathsRequest {
  readonly zone: Zone;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
}

/**
 * Longest socket path in bytes. `sun_path` holds 108 on Linux and 104 on macOS, and Node 20 silently
 * truncates a longer one, so that two zones would share a socket.
 */
export const socketPathLimit = 100;

/** Numeric id of the user this process runs as. */
export function currentUid(): number {
  return process.getuid?.() ?? userInfo().uid;
}

const unsafe = (path: string, reason: string): Outcome<never> => ({
  ok: false,
  problem: { kind: 'pathUnsafe', details: { path, reason } },
});

/** The zone that holds `dir`: the nearest folder upwards with a `.git`, or `dir` itself. Fails with `zoneInvalid`. */
export function resolveZone(dir: string): Outcome<Zone> {
  const invalid = (reason: string): Outcome<never> => ({
    ok: false,
    problem: { kind: 'zoneInvalid', details: { path: resolve(dir), reason } },
  });
  let real: string;
  try {
    real = realpathSync.native(dir);
    if (!statSync(real).isDirectory()) return invalid('it is not a directory');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOTDIR') return invalid('it is not a directory');
    return invalid(code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${code})`);
  }
  const root = worktreeRoot(real) ?? real;
  const id = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return { ok: true, value: { root, id } };
}

function worktreeRoot(real: string): string | undefined {
  for (let at = real; ; at = dirname(at)) {
    // A linked worktree and a submodule have a file where a clone has a folder.
    const mark = statSync(join(at, '.git'), { throwIfNoEntry: false });
    if (mark !== undefined && (mark.isDirectory() || mark.isFile())) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Folder of all state of one user, for every zone. Fails with `pathUnsafe` when `KHLONE_HOME` is relative. */
export function stateHome(env: NodeJS.ProcessEnv): Outcome<string> {
  const own = env['KHLONE_HOME'];
  if (own !== undefined && own !== '') {
    // The daemon's working directory is not the client's, so a relative path would mean two places.
    return isAbsolute(own)
      ? { ok: true, value: resolve(own) }
      : unsafe(own, 'KHLONE_HOME must be an absolute path');
  }
  const xdg = env['XDG_STATE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return { ok: true, value: join(xdg, 'khlone') };
  const home = env['HOME'];
  const base = home !== undefined && isAbsolute(home) ? home : userInfo().homedir;
  return { ok: true, value: join(base, '.local', 'state', 'khlone') };
}

function socketPlace({ zone, env, uid }: PathsRequest): Outcome<Pick<ZonePaths, 'socket' | 'socketFolders'>> {
  const own = env['KHLONE_SOCKET'];
  if (own !== undefined && own !== '') {
    if (!isAbsolute(own)) return unsafe(own, 'KHLONE_SOCKET must be an absolute path');
    return { ok: true, value: { socket: resolve(own), socketFolders: [] } };
  }
  const runtime = env['XDG_RUNTIME_DIR'];
  const trusted =
    runtime !== undefined && isAbsolute(runtime) && checkOwn(runtime, 'folder', uid).state === 'safe';
  const base = trusted ? join(runtime, 'khlone') : `/tmp/khlone-${uid}`;
  const folder = join(base, zone.id);
  return { ok: true, value: { socket: join(folder, 's'), socketFolders: [base, folder] } };
}

/**
 * Every path of a zone; nothing is created. Fails with `pathTooLong` (socket over `socketPathLimit` bytes) or
 * `pathUnsafe` (a relative override).
 */
export function zonePaths(request: PathsRequest): Outcome<ZonePaths> {
  const place = socketPlace(request);
  if (!place.ok) return place;
  const home = stateHome(request.env);
  if (!home.ok) return home;
  const { socket, socketFolders } = place.value;
  const bytes = Buffer.byteLength(socket);
  if (bytes > socketPathLimit) {
    return {
      ok: false,
      problem: { kind: 'pathTooLong', details: { path: socket, bytes, limit: socketPathLimit } },
    };
  }
  const zones = join(home.value, 'zones');
  const stateDir = join(zones, request.zone.id);
  const brains = join(stateDir, 'brains');
  const log = join(stateDir, 'log');
  return {
    ok: true,
    value: {
      socket,
      socketLock: `${socket}.lock`,
      socketFolders,
      stateDir,
      stateFolders: [home.value, zones, stateDir, brains, log],
      db: join(stateDir, 'khlone.db'),
      brains,
      log,
      lock: join(stateDir, 'lock'),
      info: join(stateDir, 'zone.json'),
    },
  };
}

/**
 * Whether there is a socket that is safe to connect to: in folders of this user's alone, and this user's own.
 * A client looks before it connects, since it would hand its environment to whoever listens.
 */
export function inspectSocket(
  paths: Pick<ZonePaths, 'socket' | 'socketFolders'>,
  uid: number,
): Outcome<'absent' | 'present'> {
  for (const folder of paths.socketFolders) {
    const check = checkOwn(folder, 'folder', uid);
    if (check.state === 'absent') return { ok: true, value: 'absent' };
    if (check.state === 'unsafe') return unsafe(folder, check.reason);
  }
  if (paths.socketFolders.length === 0) {
    const folder = dirname(paths.socket);
    const check = checkShared(folder, uid);
    if (check.state === 'absent') return { ok: true, value: 'absent' };
    if (check.state === 'unsafe') return unsafe(folder, check.reason);
  }
  const check = checkOwn(paths.socket, 'socket', uid);
  if (check.state === 'unsafe') return unsafe(paths.socket, check.reason);
  return { ok: true, value: check.state === 'absent' ? 'absent' : 'present' };
}

/** Reads the text of a `zone.json`; undefined when it is not one. */
export function parseZoneInfo(text: string): ZoneInfo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { root, socket, pid, startedAt, version } = value as Record<string, unknown>;
  if (typeof root !== 'string' || typeof socket !== 'string' || typeof startedAt !== 'string')
    return undefined;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof version !== 'string')
    return undefined;
  return { root, socket, pid, startedAt, version };
}
