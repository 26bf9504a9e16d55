import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupPlace } from './wire.js';

/**
 * Starts something in a cgroup of its own: this process goes there, starts it, and goes back, so that what is started
 * is there from its first moment on, and all its descendants are. `placed` says whether it is there and this process
 * is not.
 */
export function placedIn<T>(
  place: CgroupPlace | undefined,
  start: () => T,
): { readonly started: T; readonly placed: boolean } {
  const entered = place !== undefined && enter(place.folder);
  let placed = false;
  try {
    const started = start();
    placed = entered && enter(place.back);
    return { started, placed };
  } catch (error) {
    if (entered && !placed) enter(place.back);
    throw error;
  }
}

/** Kills all that is in a cgroup. */
export function killCgroup(folder: string): void {
  writeFileSync(join(folder, 'cgroup.kill'), '1');
}

function enter(folder: string): boolean {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
    return true;
  } catch {
    // Not allowed, or taken away: what is started is found by its other marks.
    return false;
  }
}
