import { existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { locateZone, type ZoneAddress } from '../../client/autostart.js';
import { type DaemonStatusResult, isKhloneError } from '../../client/index.js';
import { checkOwn, type OwnCheck, type OwnKind } from '../../protocol/owned.js';
import { packageVersion } from '../../protocol/version.js';
import { currentUid, inspectSocket, parseZoneInfo, socketPathLimit } from '../../protocol/zone.js';
import { connectIfRunning, type Context } from '../context.js';
import { everyClone } from '../pages.js';
import { exists } from '../processEnd.js';
import { formatBytes, formatDuration, formatTime } from '../render/format.js';
import { broken, fine, warn, type Finding } from './check.js';

/** Below this the database may fail to grow. */
const scarceBytes = 100 * 1024 * 1024;

/** The zone, its paths, its lock, its socket and its daemon. Nothing is created, mended or started. */
export async function checkZone(context: Context): Promise<Finding[]> {
  let address: ZoneAddress;
  try {
    address = locateZone(context.folder, context.env);
  } catch (error) {
    if (!isKhloneError(error)) throw error;
    return [broken('zone', error.message, error.hint)];
  }
  const { zone, paths } = address;
  const repository = existsSync(join(zone.root, '.git'));
  return [
    repository
      ? fine('zone', `${zone.root} (${zone.id})`)
      : warn(
          'zone',
          `${zone.root} (${zone.id}) is not in a git repository`,
          'Nothing, if that is meant: the folder itself is the zone.',
        ),
    ...paths.stateFolders.map((folder) => checkPath('state folder', folder, 'folder')),
    checkPath('database', paths.db, 'file'),
    ...(await checkDisk(paths.stateDir)),
    checkLog(paths.log),
    checkLock(address),
    checkSocket(address),
    ...(await checkDaemon(context)),
  ];
}

function checkPath(name: string, path: string, kind: OwnKind): Finding {
  const check: OwnCheck = checkOwn(path, kind, currentUid());
  switch (check.state) {
    case 'safe':
      return fine(name, path);
    case 'absent':
      return fine(name, `${path} (made when a daemon starts)`);
    case 'unsafe': {
      const mode = kind === 'folder' ? '0700' : '0600';
      return broken(
        name,
        `${path} is not safe to use: ${check.reason}`,
        `Make it your own: \`chmod ${mode} '${path}'\`, or remove it if it is not yours.`,
      );
    }
  }
}

async function checkDisk(folder: string): Promise<Finding[]> {
  let existing = folder;
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  try {
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    if (free >= scarceBytes) return [fine('disk', `${formatBytes(free)} free`)];
    return [warn('disk', `${formatBytes(free)} free under ${existing}`, 'Free some space.')];
  } catch {
    return [];
  }
}

function checkLog(folder: string): Finding {
  const path = join(folder, 'daemon.log');
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  return fine('log', size === undefined ? `${path} (none yet)` : `${path} (${formatBytes(size)})`);
}

function checkLock({ paths }: ZoneAddress): Finding {
  const own = checkPath('lock', paths.lock, 'file');
  const stats = own.status === 'ok' ? statSync(paths.lock, { throwIfNoEntry: false }) : undefined;
  if (stats === undefined) return own;
  const holder = lockHolder(stats.ino);
  const info = readInfo(paths.info);
  const of = info === undefined ? '' : ` of pid ${info.pid}`;
  if (holder === 'free') return fine('lock', `${paths.lock} (free)`);
  if (holder === 'held') return fine('lock', `${paths.lock} (held${of})`);
  const alive = info !== undefined && exists(info.pid);
  return fine('lock', `${paths.lock} (last owner${of} ${alive ? 'is alive' : 'has ended'})`);
}

/** Asks Linux's own list, since trying the lock could make a daemon that starts right now lose it. */
function lockHolder(inode: number): 'held' | 'free' | 'unknown' {
  try {
    const held = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .some((line) => new RegExp(`:${inode}\\s`).test(line));
    return held ? 'held' : 'free';
  } catch {
    return 'unknown';
  }
}

function readInfo(path: string): ReturnType<typeof parseZoneInfo> {
  try {
    return parseZoneInfo(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function checkSocket({ paths }: ZoneAddress): Finding {
  try {
    const there = inspectSocket(paths, currentUid()) === 'present' ? '' : ', made when a daemon starts';
    const length = `${Buffer.byteLength(paths.socket)} of ${socketPathLimit} bytes`;
    return fine('socket', `${paths.socket} (${length}${there})`);
  } catch (error) {
    if (!isKhloneError(error)) throw error;
    return broken('socket', error.message, error.hint);
  }
}

async function checkDaemon(context: Context): Promise<Finding[]> {
  try {
    await using khlone = await connectIfRunning(context);
    if (khlone === undefined) {
      return [
        fine('daemon', 'none runs; the next command that needs one starts it'),
        fine('supervision', 'told once a daemon runs: what it may do depends on where it was started'),
      ];
    }
    const { daemon, uptimeMs, holder, storage, supervision, sandbox } = await khlone.daemon.status();
    const detail = `${daemon.version}, pid ${daemon.pid}, up ${formatDuration(uptimeMs)}, ${holder.processes} ${holder.processes === 1 ? 'brain' : 'brains'}`;
    const version =
      daemon.version === packageVersion
        ? fine('daemon', detail)
        : warn(
            'daemon',
            `${detail}; this CLI is ${packageVersion}`,
            'Bring both to one release: `khlone daemon restart`; brains and turns go on.',
          );
    const means = [
      ...(supervision === undefined ? [] : [checkSupervision(supervision)]),
      ...(sandbox === undefined ? [] : [checkSandbox(sandbox)]),
    ];
    const noticed = (await everyClone(khlone)).flatMap(({ name, notices = [] }) =>
      notices.map(({ message, hint }) => warn('clone', `${name}: ${message}`, hint)),
    );
    if (storage?.state !== 'failing') return [version, ...means, ...noticed];
    const trouble = `nothing can be written since ${formatTime(storage.since ?? '')}: ${storage.reason}`;
    return [
      version,
      ...means,
      broken('storage', trouble, 'Free some disk space, or mend the disk; the daemon goes on by itself.'),
    ];
  } catch (error) {
    if (!isKhloneError(error)) throw error;
    const next =
      error.kind === 'daemonUnreachable'
        ? 'See its log, then `khlone daemon run` to see why it does not answer.'
        : error.hint;
    return [broken('daemon', error.message, next)];
  }
}

/** What stands around asks; the daemon tells, as it is the one to start them. */
function checkSandbox({
  kind,
  setting,
  reason = '',
  next = '',
}: NonNullable<DaemonStatusResult['sandbox']>): Finding {
  if (kind !== 'none') return fine('sandbox', `asks run in ${kind} (ask.sandbox = ${setting})`);
  return setting === 'require'
    ? broken('sandbox', `asks are refused (ask.sandbox = require): ${reason}`, next)
    : warn('sandbox', `asks run without one (ask.sandbox = prefer): ${reason}`, next);
}

/** How brains are ended and bounded; the daemon tells, since it depends on where it was started. */
function checkSupervision({
  ends,
  reason,
  namespaces,
  memory,
  cpus,
}: NonNullable<DaemonStatusResult['supervision']>): Finding {
  const name = 'supervision';
  const bubblewrap = namespaces ? 'PID namespaces by bubblewrap' : 'no PID namespaces (bubblewrap)';
  const limits = `${bubblewrap}; memory limits by ${memory}, processor limits by ${cpus === 'none' ? 'nothing' : cpus}`;
  if (ends === 'cgroup') return fine(name, `brains end by cgroup; ${limits}`);
  const detail = `brains end by marker, as there are no cgroups: ${reason ?? 'no reason given'}; ${limits}`;
  if (process.platform !== 'linux') return fine(name, detail);
  return warn(
    name,
    detail,
    'Nothing, if that will do. For cgroups, start the daemon where the tree is yours: `khlone service install`, or `khlone daemon stop` and `systemd-run --user --scope -p Delegate=yes khlone daemon start`.',
  );
}
