import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Runnable, SandboxNeeds, SandboxPlaces, SandboxPlan } from './contract.js';
import { linksOn } from './links.js';

/** Emptied for every ask: what others leave there is none of its business, and it needs some place to write to. */
const scratchFolders = ['/tmp', '/var/tmp', '/run'];

/** Below the home folder: keys, and sockets of those who would write on behalf of an ask. */
const privateFolders = [
  '.ssh',
  '.gnupg',
  '.password-store',
  '.local/share/keyrings',
  '.local/share/kwalletd',
  '.docker/run',
  '.colima',
  '.rd',
];

/** Below the home folder: whoever has it types into the user's windows. */
const privateFiles = ['.Xauthority'];

/** Variables that name sockets: they are taken away, and what they name as well. */
const socketVariables = [
  'SSH_AUTH_SOCK',
  'DOCKER_HOST',
  'DBUS_SESSION_BUS_ADDRESS',
  'DBUS_SYSTEM_BUS_ADDRESS',
];

/** Variables that name folders of sockets, or displays. */
const otherVariables = [
  'XDG_RUNTIME_DIR',
  'GPG_AGENT_INFO',
  'SSH_AGENT_PID',
  'KHLONE_SOCKET',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
];

/** Where the machine's resolver keeps its file, in a folder that is emptied. */
const machineFiles = ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs/ca-certificates.crt'];

/** Most sockets of the machine that are masked one by one; each takes three words of a command line. */
export const mostSockets = 2_000;

/** How many of them are looked at before others are served. */
const atOnce = 100;

/** What a plan is made from. */
export interface PlanRequest {
  readonly run: Runnable;
  readonly needs: SandboxNeeds;
  readonly places: SandboxPlaces;
  /** The daemon's own environment: its sockets are the user's too. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

/** The environment of an ask: without what leads to somebody who would write on its behalf. */
export function askEnvironment(
  env: Runnable['env'],
  { scratch }: Pick<SandboxPlan, 'scratch'>,
): Record<string, string> {
  const left = { ...env };
  for (const name of [...socketVariables, ...otherVariables]) delete left[name];
  // Where it points otherwise may be nowhere to be written.
  left['TMPDIR'] = scratch.some((folder) => folder === real('/tmp')) ? '/tmp' : (scratch[0] ?? '/tmp');
  return left;
}

/** What an ask sees and what it does not, on this machine at this moment. */
export async function planSandbox({ run, needs, places, own }: PlanRequest): Promise<SandboxPlan> {
  const environments = [own, run.env];
  const homes = unique(environments.map(({ HOME }) => real(HOME)));
  const common = outermost(unique(scratchFolders.map(real)));
  // Emptied, a zone would have nothing to tell of.
  const scratch = common.filter((folder) => ![places.zone, run.cwd].map(real).includes(folder));
  const wanted = unique([
    ...[places.zone, run.cwd, ...environments.map(({ HOME }) => HOME), run.program],
    ...[...needs.readable, ...machineFiles, ...(run.env['PATH'] ?? '').split(delimiter)],
  ]).filter(isAbsolute);
  const kept = unique(wanted.map(real)).filter(
    (path) => common.some((folder) => isWithin(path, folder)) && !scratch.includes(path),
  );
  const links = new Map(wanted.flatMap(linksOn).map((link) => [link.at, link]));
  const runtime = environments.map(({ XDG_RUNTIME_DIR }) => real(XDG_RUNTIME_DIR));
  const secrets = homes.flatMap((home) => privateFolders.map((name) => real(join(home, name))));
  const hidden = outermost(
    unique([...places.hidden.map(real), ...runtime, ...secrets]).filter(
      (folder) => isFolder(folder) && isSeen(folder, scratch, kept),
    ),
  );
  const listening = await machineSockets();
  const known = new Set(listening.flatMap(({ path, isSocket }) => (isSocket ? [path] : [])));
  const dead = unique([
    ...environments.flatMap((env) => socketVariables.flatMap((name) => socketsIn(env[name]))).map(real),
    ...environments.map(({ XAUTHORITY }) => real(XAUTHORITY)),
    ...homes.flatMap((home) => privateFiles.map((name) => real(join(home, name)))),
    ...places.sockets.map(real),
    ...listening.map(({ path }) => path),
  ]).filter(
    (path) =>
      (known.has(path) || !isFolder(path)) &&
      isSeen(path, scratch, kept) &&
      !hidden.some((folder) => isWithin(path, folder) && !kept.includes(path)),
  );
  return {
    scratch,
    kept: outermost(kept),
    links: [...links.values()].filter(
      ({ at }) =>
        scratch.some((folder) => isWithin(at, folder)) && !kept.some((folder) => isWithin(at, folder)),
    ),
    hidden,
    dead,
    // Nothing can be laid over a path on whose way there is a link: it would lead out of the root that is being made.
    writable: needs.writable.map(({ from, at }) => ({ from, at: real(at) ?? at })),
    cwd: real(run.cwd) ?? run.cwd,
  };
}

/** Where a program listens, and whether that is known to be a socket. */
interface Listening {
  readonly path: string;
  readonly isSocket: boolean;
}

/** The sockets that programs of this machine listen on, as far as they have a path: a read-only bind would not stop a connect. */
async function machineSockets(): Promise<Listening[]> {
  let text: string;
  try {
    text = readFileSync('/proc/net/unix', 'latin1');
  } catch {
    return [];
  }
  const paths = text.split('\n').flatMap((line) => {
    const path = /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (\/.*)$/.exec(line)?.[1];
    return path === undefined ? [] : [Buffer.from(path, 'latin1').toString('utf8')];
  });
  const realFolder = remembered(real);
  const found: Listening[] = [];
  for (const [index, path] of [...new Set(paths)].entries()) {
    // Some machines have thousands: others are served in between.
    if (index % atOnce === atOnce - 1) await setImmediate();
    const isSocket = isSocketItself(path);
    const folder = isSocket ? realFolder(dirname(path)) : undefined;
    const at = isSocket ? folder && join(folder, basename(path)) : real(path);
    if (at !== undefined) found.push({ path: at, isSocket });
  }
  return found;
}

/**
 * Whether a path is a socket and no link to one, of which a machine may have hundreds: what is known by one look need
 * not be found out by two.
 */
function isSocketItself(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
  } catch {
    return false;
  }
}

function remembered<T>(find: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    const found = known.has(path) ? (known.get(path) as T) : find(path);
    known.set(path, found);
    return found;
  };
}

/** Paths of sockets in a variable such as `unix:///var/run/docker.sock` or `unix:path=/run/user/1000/bus,guid=…;…`. */
function socketsIn(value: string | undefined): string[] {
  return (value ?? '').split(';').flatMap((address) => {
    const path = /^(?:unix:(?:\/\/|path=)?)?(\/[^,]*)/.exec(address)?.[1];
    return path === undefined ? [] : [path];
  });
}

/** A path without symbolic links on the way; undefined where there is nothing, or nobody may look. */
function real(path: string | undefined): string | undefined {
  if (path === undefined || !isAbsolute(path)) return undefined;
  try {
    return realpathSync.native(path);
  } catch {
    try {
      // A socket's own name may be a link that leads nowhere yet.
      const folder = realpathSync.native(dirname(path));
      const file = join(folder, basename(path));
      return statSync(file, { throwIfNoEntry: false }) ? file : undefined;
    } catch {
      return undefined;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether it is to be seen, as far as scratch folders and what is kept in them tell. */
function isSeen(path: string, scratch: readonly string[], kept: readonly string[]): boolean {
  return !scratch.some((folder) => isWithin(path, folder)) || kept.some((folder) => isWithin(path, folder));
}

/** Whether a path is a folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

const unique = (paths: readonly (string | undefined)[]): string[] => [
  ...new Set(paths.filter((path) => path !== undefined)),
];

/** Without those that lie in another one. */
function outermost(paths: readonly string[]): string[] {
  return paths.filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
}
