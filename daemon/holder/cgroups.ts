import { existsSync } from 'node:fs';
import type { CgroupPlace } from './program/wire.js';
import { cgroupOf, makeCgroup, removeForgotten } from './brainCgroup.js';
import { boundCgroup, type Bounds, controllersFor } from './bounds.js';
import { type CgroupHome, findHome, type NoCgroup, parentWith } from './cgroupHome.js';
import type { HeldLimits } from './contract.js';

/** Where a brain is started, and what of its limits is kept there. */
export interface BoundPlace {
  readonly place: CgroupPlace;
  readonly bounds: Bounds;
}

/** Makes the cgroups of brains, where this user may. */
export class Cgroups {
  readonly #find: () => CgroupHome | NoCgroup;
  #home: CgroupHome | NoCgroup | undefined;

  /** `find` is asked once, when it is first wanted. */
  constructor(find: () => CgroupHome | NoCgroup = findHome) {
    this.#find = find;
  }

  get home(): CgroupHome | NoCgroup {
    if (this.#home === undefined) {
      this.#home = this.#find();
      if ('parents' in this.#home) removeForgotten(this.#home.parents);
    }
    return this.#home;
  }

  /** A place for a run's brain, in which its limits are kept as far as can be; undefined where there can be none. */
  make(run: string, limits: HeldLimits = {}): BoundPlace | undefined {
    const { home } = this;
    if ('reason' in home) return undefined;
    const wanted = controllersFor(limits);
    // All of them, else one, else none.
    const sets = [wanted, ...wanted.map((controller) => [controller]), []];
    const parent = sets.map((set) => parentWith(home, set)).find((found) => found !== undefined);
    if (parent === undefined) return undefined;
    try {
      const folder = makeCgroup(parent, run);
      return { place: { folder, back: home.own }, bounds: boundCgroup(folder, limits) };
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
