import { dirname } from 'node:path';
import type { Socket } from 'node:net';
import { fail } from '../../protocol/fail.js';
import { packageVersion } from '../../protocol/version.js';
import { currentUid, zonePaths, type Zone, type ZoneInfo, type ZonePaths } from '../../protocol/zone.js';
import { DisposableStore, Emitter, type Disposable } from '../lifecycle.js';
import { expectOwnFile, expectShared, restrictUmask, secureFolders } from './folders.js';
import { writeZoneInfo } from './info.js';
import { removeLeftovers } from './leftovers.js';
import { acquireLock, type FileLock } from './lock.js';
import { bindSocket, type BoundSocket } from './socket.js';
import { watchIntervalMs, watchOwnership } from './watch.js';

/** Whose zone to claim, and from which environment its paths follow. */
export interface ClaimRequest {
  readonly zone: Zone;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
}

interface ClaimParts {
  readonly zone: Zone;
  readonly paths: ZonePaths;
  readonly uid: number;
  readonly locks: readonly FileLock[];
  /** The umask this process had before. */
  readonly umask: number;
}

/** How the owner of a zone listens. */
export interface ListenRequest {
  readonly onConnection: (socket: Socket) => void;
  /** When the daemon started, ISO 8601 UTC; now when left out. */
  readonly startedAt?: string;
  /** Milliseconds between two looks at whether the zone is still ours; 30 s when left out. */
  readonly watchEveryMs?: number;
}

/**
 * A zone that this process owns: locked, not yet listening. Between the claim and `listen` the owner opens the
 * database, the second fence. Dispose it last of all: that stops listening and gives the locks back.
 */
export class ZoneClaim implements Disposable {
  /** Fires once, with the reason, when socket or lock are no longer ours. The daemon must then stop. */
  readonly lost = new Emitter<string>();
  readonly zone: Zone;
  readonly paths: ZonePaths;
  /** The user's own umask, as it was before this process restricted its own. */
  readonly umask: number;
  readonly #uid: number;
  readonly #locks: readonly FileLock[];
  readonly #held = new DisposableStore();

  /** Takes over locks that are held already; `claimZone` is the way to one. */
  constructor({ zone, paths, uid, locks, umask }: ClaimParts) {
    this.zone = zone;
    this.umask = umask;
    this.paths = paths;
    this.#uid = uid;
    this.#locks = locks;
    for (const lock of locks) this.#held.add(lock);
  }

  /**
   * Listens on the zone's socket, writes `zone.json` and watches over both.
   * @throws pathUnsafe, storageFailed
   */
  async listen({ onConnection, startedAt, watchEveryMs }: ListenRequest): Promise<BoundSocket> {
    const uid = this.#uid;
    const socket = this.#held.add(await bindSocket({ path: this.paths.socket, uid, onConnection }));
    const info: ZoneInfo = {
      root: this.zone.root,
      socket: socket.path,
      pid: process.pid,
      startedAt: startedAt ?? new Date().toISOString(),
      version: packageVersion,
    };
    writeZoneInfo(this.paths.info, info, uid);
    this.#held.add(
      watchOwnership({
        socket,
        locks: this.#locks,
        everyMs: watchEveryMs ?? watchIntervalMs,
        lost: (reason) => this.lost.fire(reason),
      }),
    );
    return socket;
  }

  dispose(): void {
    this.#held.dispose();
    this.lost.dispose();
  }
}

/**
 * Makes and checks the zone's folders and takes its two locks: one in the state folder, so that a zone has one
 * daemon, and one beside the socket, so that daemons of different states or zones never share a socket.
 * Restricts the umask of this process for good.
 * @throws zoneLocked when another process owns the zone; pathUnsafe, pathTooLong, storageFailed
 */
export function claimZone({ zone, env, uid = currentUid() }: ClaimRequest): ZoneClaim {
  const paths = zonePaths({ zone, env, uid });
  const umask = restrictUmask();
  secureFolders(paths.stateFolders, uid);
  if (paths.socketFolders.length === 0) expectShared(dirname(paths.socket), uid);
  else secureFolders(paths.socketFolders, uid);
  for (const suffix of ['', '-wal', '-shm']) expectOwnFile(`${paths.db}${suffix}`, uid);
  const locks = acquireAll([paths.lock, paths.socketLock], uid);
  removeLeftovers(paths);
  return new ZoneClaim({ zone, paths, uid, locks, umask });
}

function acquireAll(paths: readonly string[], uid: number): FileLock[] {
  const taken = new DisposableStore();
  const locks: FileLock[] = [];
  try {
    for (const path of paths) {
      const lock = acquireLock(path, uid);
      if (lock === undefined) throw fail('zoneLocked', { path });
      locks.push(taken.add(lock));
    }
  } catch (error) {
    taken.dispose();
    throw error;
  }
  return locks;
}
