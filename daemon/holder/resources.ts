import { ownCgroup, processesIn } from './brainCgroup.js';
import type { ProcessIdentity } from './contract.js';
import { type ProcessRow, processTable, rowsOf, treeOf } from './processTable.js';

/** What all processes of a brain use together. */
export interface Resources {
  readonly processes: number;
  readonly rssBytes: number;
  /** Of one processor. */
  readonly cpuPercent: number;
}

/** What two brains use together, where there is a first. */
export function addResources(a: Resources | undefined, b: Resources): Resources {
  if (!a) return b;
  return {
    processes: a.processes + b.processes,
    rssBytes: a.rssBytes + b.rssBytes,
    cpuPercent: a.cpuPercent + b.cpuPercent,
  };
}

/** A brain that is looked at. */
export interface Measured {
  readonly identity: ProcessIdentity;
  /** When it was started, in ms since 1970. */
  readonly since: number;
}

interface Look {
  readonly at: number;
  readonly resources: Resources;
  /** Processor time by process, in ms. */
  readonly cpu: ReadonlyMap<string, number>;
}

/** For so long one look serves all who ask, in ms. */
const freshMs = 1_000;
/** A look that is older is nothing to compare with, in ms. */
const staleMs = 60_000;

/** Measures brains when somebody asks; it costs nothing while nobody does. */
export class ResourceMeter {
  readonly #looks = new Map<string, Look>();
  #measuring: Promise<void> = Promise.resolve();

  /**
   * What brains use, by run; those that are not among them are forgotten. One at a time, so that many who ask at once are
   * served by one look.
   */
  measure(brains: readonly Measured[]): Promise<ReadonlyMap<string, Resources>> {
    const measured = this.#measuring.then(() => this.#measure(brains));
    this.#measuring = measured.then(
      () => undefined,
      () => undefined,
    );
    return measured;
  }

  async #measure(brains: readonly Measured[]): Promise<ReadonlyMap<string, Resources>> {
    const late = brains.filter(({ identity }) => {
      const look = this.#looks.get(identity.run);
      return look === undefined || Date.now() - look.at >= freshMs;
    });
    const rows = await rowsByRun(late.map(({ identity }) => identity));
    for (const brain of late) this.#note(brain, rows.get(brain.identity.run) ?? []);
    // Here, and not as one ends: it may be looked at just then.
    const asked = new Set(brains.map(({ identity }) => identity.run));
    for (const run of this.#looks.keys()) if (!asked.has(run)) this.#looks.delete(run);
    return new Map(
      brains.flatMap(({ identity: { run } }) => {
        const look = this.#looks.get(run);
        return look === undefined ? [] : [[run, look.resources]];
      }),
    );
  }

  #note({ identity, since }: Measured, rows: readonly ProcessRow[]): void {
    const at = Date.now();
    const before = this.#looks.get(identity.run);
    const known = before !== undefined && at - before.at < staleMs ? before : undefined;
    const cpu = new Map(rows.map((row) => [`${row.pid} ${row.startTime}`, row.cpuMs]));
    let used = 0;
    for (const [key, ms] of cpu) used += ms - (known?.cpu.get(key) ?? 0);
    const passed = Math.max(1, at - (known?.at ?? since));
    const resources = {
      processes: rows.length,
      rssBytes: rows.reduce((sum, row) => sum + row.rssBytes, 0),
      cpuPercent: Math.max(0, Math.round((used / passed) * 1000) / 10),
    };
    this.#looks.set(identity.run, { at, resources, cpu });
  }
}

/** Memory of all processes of a brain, in bytes. */
export async function memoryOf(identity: ProcessIdentity): Promise<number> {
  const rows = (await rowsByRun([identity])).get(identity.run) ?? [];
  return rows.reduce((sum, row) => sum + row.rssBytes, 0);
}

/**
 * The processes of brains: all that is in their cgroups; else those that descend from them, and what is in their
 * sessions. The whole table is read only where a brain has no cgroup.
 */
async function rowsByRun(identities: readonly ProcessIdentity[]): Promise<Map<string, ProcessRow[]>> {
  const found = new Map<string, ProcessRow[]>();
  let table: ProcessRow[] | undefined;
  for (const identity of identities) {
    const cgroup = ownCgroup(identity);
    let rows: ProcessRow[];
    if (cgroup !== undefined) rows = await rowsOf(processesIn(cgroup));
    else {
      table ??= await processTable();
      const tree = treeOf(identity.pid, table);
      const pids = new Set(tree.map(({ pid }) => pid));
      rows = [...tree, ...table.filter(({ pid, session }) => session === identity.pid && !pids.has(pid))];
    }
    found.set(
      identity.run,
      rows.filter(({ zombie }) => !zombie),
    );
  }
  return found;
}
