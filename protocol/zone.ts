import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fail } from './fail.js';
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

/**
 * The zone that holds `dir`: the nearest folder upwards with a `.git`, or `dir` itself.
 * @throws zoneInvalid when `dir` is missing or no directory
 */
export function resolveZone(dir: string): Zone {
  const invalid = (reason: string): Error => fail('zoneInvalid', { path: resolve(dir), reason });
  let real: string;
  try {
    real = realpathSync.native(dir);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOTDIR') throw invalid('it is not a directory');
    throw invalid(code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${code})`);
  }
  if (!isDirectory(real)) throw invalid('it is not a directory');
  const root = worktreeRoot(real) ?? real;
  return { root, id: createHash('sha256').update(root).digest('hex').slice(0, 16) };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function worktreeRoot(real: string): string | undefined {
  for (let at = real; ; at = dirname(at)) {
    if (hasGit(at)) return at;
    if (at === dirname(at)) return undefined;
  }
}

function hasGit(folder: string): boolean {
  try {
    // A linked worktree and a submodule have a file where a plain repository has a folder.
    const mark = statSync(join(folder, '.git'));
    return mark.isDirectory() || mark.isFile();
  } catch {
    return false;
  }
}

/** Folder of all state of one user, for every zone. @throws pathUnsafe when `KHLONE_HOME` is relative */
export function stateHome(env: NodeJS.ProcessEnv): string {
  const own = env['KHLONE_HOME'];
  if (own !== undefined && own !== '') return absolute('KHLONE_HOME', own);
  const xdg = env['XDG_STATE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'khlone');
  const home = env['HOME'];
  const base = home !== undefined && isAbsolute(home) ? home : userInfo().homedir;
  return join(base, '.local', 'state', 'khlone');
}

/** The daemon's working directory is not the client's, so a relative path would mean two places. */
function absolute(variable: string, path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw fail('pathUnsafe', { path, reason: `${variable} must be an absolute path` });
}

function socketPlace({ zone, env, uid }: PathsRequest): Pick<ZonePaths, 'socket' | 'socketFolders'> {
  const own = env['KHLONE_SOCKET'];
  if (own !== undefined && own !== '') return { socket: absolute('KHLONE_SOCKET', own), socketFolders: [] };
  const runtime = env['XDG_RUNTIME_DIR'];
  const trusted =
    runtime !== undefined && isAbsolute(runtime) && checkOwn(runtime, 'folder', uid).state === 'safe';
  const base = trusted ? join(runtime, 'khlone') : `/tmp/khlone-${uid}`;
  const folder = join(base, zone.id);
  return { socket: join(folder, 's'), socketFolders: [base, folder] };
}

/**
 * Every path of a zone; nothing is created.
 * @throws pathTooLong (socket over `socketPathLimit` bytes), pathUnsafe (a relative override)
 */
export function zonePaths(request: PathsRequest): ZonePaths {
  const { socket, socketFolders } = socketPlace(request);
  const bytes = Buffer.byteLength(socket);
  if (bytes > socketPathLimit) throw fail('pathTooLong', { path: socket, bytes, limit: socketPathLimit });
  const home = stateHome(request.env);
  const zones = join(home, 'zones');
  const stateDir = join(zones, request.zone.id);
  const brains = join(stateDir, 'brains');
  const log = join(stateDir, 'log');
  return {
    socket,
    socketLock: `${socket}.lock`,
    socketFolders,
    stateDir,
    stateFolders: [home, zones, stateDir, brains, log],
    db: join(stateDir, 'khlone.db'),
    brains,
    log,
    lock: join(stateDir, 'lock'),
    info: join(stateDir, 'zone.json'),
  };
}

/**
 * Whether there is a socket that is safe to connect to: in folders of this user's alone, and this user's own.
 * A client looks before it connects, since it would hand its environment to whoever listens.
 * @throws pathUnsafe
 */
export function inspectSocket(
  { socket, socketFolders }: Pick<ZonePaths, 'socket' | 'socketFolders'>,
  uid: number,
): 'absent' | 'present' {
  const checks =
    socketFolders.length === 0
      ? [{ path: dirname(socket), check: checkShared(dirname(socket), uid) }]
      : socketFolders.map((path) => ({ path, check: checkOwn(path, 'folder', uid) }));
  for (const { path, check } of [...checks, { path: socket, check: checkOwn(socket, 'socket', uid) }]) {
    if (check.state === 'absent') return 'absent';
    if (check.state === 'unsafe') throw fail('pathUnsafe', { path, reason: check.reason });
  }
  return 'present';
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
