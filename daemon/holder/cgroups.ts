import { existsSync } from 'node:fs';
import type { CgroupPlace } from './program/wire.js';
import { cgroupOf, makeCgroup } from './brainCgroup.js';
import { type CgroupHome, findHome, type NoCgroup } from './cgroupHome.js';

/** Makes the cgroups of brains, where this user may. */
export class Cgroups {
  readonly #find: () => CgroupHome | NoCgroup;
  #home: CgroupHome | NoCgroup | undefined;

  /** `find` is asked once, when it is first wanted. */
  constructor(find: () => CgroupHome | NoCgroup = findHome) {
    this.#find = find;
  }

  get home(): CgroupHome | NoCgroup {
    return (this.#home ??= this.#find());
  }

  /** A place for a run's brain; undefined where there can be none. */
  make(run: string): CgroupPlace | undefined {
    const { home } = this;
    if ('reason' in home) return undefined;
    const [parent] = home.parents;
    if (parent === undefined) return undefined;
    try {
      return { folder: makeCgroup(parent, run), back: home.own };
    } catch {
      // The limit of cgroups is reached, or our own was taken away.
      return undefined;
    }
  }

  /** The cgroup that an earlier daemon may have made for a run of which nothing else is known. */
  left(run: string): string | undefined {
    const { home } = this;
    if ('reason' in home) return undefined;
    return home.parents.map((parent) => cgroupOf(parent, run)).find((folder) => existsSync(folder));
  }
}
