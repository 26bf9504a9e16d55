import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Controllers by which a cgroup can be bounded. */
export type Controller = 'memory' | 'cpu';

/** What the kernel says of this process's place, as in /proc/self. */
export interface OwnPlace {
  /** /proc/self/mountinfo */
  readonly mounts: string;
  /** /proc/self/cgroup */
  readonly cgroups: string;
}

/** Cgroups in which this process may make others. */
export interface CgroupHome {
  /** Where this process is. */
  readonly own: string;
  /** Folders in which cgroups can be made, and processes of `own` moved to: the nearest first. */
  readonly parents: readonly string[];
}

/** Why there can be none. */
export interface NoCgroup {
  readonly reason: string;
}

const ownPlace = (): OwnPlace => ({
  mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  cgroups: readFileSync('/proc/self/cgroup', 'utf8'),
});

/**
 * Finds out where this process may make cgroups, by making one and going there and back: rights alone do not tell,
 * as a process moves only below a common parent that its user may write to.
 */
export function findHome(read: () => OwnPlace = ownPlace): CgroupHome | NoCgroup {
  if (process.platform !== 'linux') return { reason: `there are none on ${process.platform}` };
  let place: OwnPlace;
  try {
    place = read();
  } catch (error) {
    return { reason: `/proc does not tell: ${messageOf(error)}` };
  }
  const mount = mountOf(place.mounts);
  const path = /^0::(\/.*)$/m.exec(place.cgroups)?.[1];
  if (mount === undefined || path === undefined) return { reason: 'cgroup version 2 is not mounted' };
  const own = join(mount.folder, relative(mount.root, path));
  // Seen from within a container, what is outside of it begins with two dots.
  const outside = path.startsWith('/..') || mount.root.startsWith('/..');
  if (outside || !isWithin(own, mount.folder))
    return { reason: 'this process is outside of what is mounted' };
  const parents: string[] = [];
  let refused: string | undefined;
  for (let folder = own; isWithin(folder, mount.folder); folder = dirname(folder)) {
    const reason = tryOut(folder, own);
    if (reason === undefined) parents.push(folder);
    refused ??= reason;
    if (folder === mount.folder) break;
  }
  if (parents.length > 0) return { own, parents };
  return { reason: `${own} is not this user's to divide (${refused ?? 'no reason given'})` };
}

/** The nearest of them whose cgroups have a controller, which is turned on where it can be. */
export function parentWith(home: CgroupHome, controllers: readonly Controller[]): string | undefined {
  return home.parents.find((folder) => controllers.every((controller) => hasController(folder, controller)));
}

/** Whether there can be one of them whose cgroups have a controller. Changes nothing. */
export function canHave(home: CgroupHome, controller: Controller): boolean {
  return home.parents.some((folder) => isOn(folder, controller) || mayTurnOn(folder, controller));
}

function hasController(folder: string, controller: Controller): boolean {
  if (isOn(folder, controller)) return true;
  if (!mayTurnOn(folder, controller)) return false;
  try {
    writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
  } catch {
    return false;
  }
  return isOn(folder, controller);
}

function isOn(folder: string, controller: Controller): boolean {
  return words(join(folder, 'cgroup.subtree_control')).includes(controller);
}

/**
 * Whether a controller is there to be turned on. Never in a folder that has processes itself, except for the very root:
 * the kernel refuses `memory` there, and takes `cpu`, after which no process can be moved below it any more.
 */
function mayTurnOn(folder: string, controller: Controller): boolean {
  if (!words(join(folder, 'cgroup.controllers')).includes(controller)) return false;
  const isRoot = !existsSync(join(folder, 'cgroup.type'));
  return isRoot || words(join(folder, 'cgroup.procs')).join('') === '';
}

function words(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trim().split(/\s+/);
  } catch {
    return [];
  }
}

function mountOf(mounts: string): { readonly folder: string; readonly root: string } | undefined {
  for (const line of mounts.split('\n')) {
    const [about = '', kind = ''] = line.split(' - ');
    const [, , , root, folder] = about.split(' ');
    if (kind.startsWith('cgroup2 ') && root !== undefined && folder !== undefined) return { folder, root };
  }
  return undefined;
}

/** Undefined where a cgroup can be made and be used; else why not. */
function tryOut(folder: string, own: string): string | undefined {
  const probe = join(folder, `khlone-probe-${randomBytes(8).toString('hex')}`);
  try {
    // Without it there would be no way back.
    accessSync(join(own, 'cgroup.procs'), constants.W_OK);
    mkdirSync(probe);
  } catch (error) {
    return messageOf(error);
  }
  try {
    writeFileSync(join(probe, 'cgroup.procs'), String(process.pid));
    writeFileSync(join(own, 'cgroup.procs'), String(process.pid));
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    try {
      rmdirSync(probe);
    } catch {
      // An empty one is in nobody's way.
    }
  }
}

function isWithin(folder: string, of: string): boolean {
  return folder === of || folder.startsWith(of.endsWith(sep) ? of : of + sep);
}

function messageOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
