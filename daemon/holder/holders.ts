import { fileURLToPath } from 'node:url';
import { onUnexpectedError } from '../lifecycle.js';
import { bounded, type Bounds, boundsFor, boundsOf } from './bounds.js';
import { removeCgroup } from './brainCgroup.js';
import { Cgroups } from './cgroups.js';
import type {
  FinishedSpool,
  HeldLimits,
  HeldProcess,
  HeldProgram,
  HeldSize,
  HeldTerminal,
  Holder,
} from './contract.js';
import { FinishedRuns } from './finished.js';
import { PipedRun } from './heldProcess.js';
import type { HeldBrain, HeldRun } from './heldRun.js';
import { TerminalRun } from './heldTerminal.js';
import { bubblewrap } from './namespace.js';
import { HolderLost } from './holderLink.js';
import { type HolderProcess, partFrom, startHolder } from './holderProcess.js';
import { sweep } from './kill.js';
import { type Found, LeftRuns, nobody } from './leftRuns.js';
import type { SpawnOrder } from './program/wire.js';
import { addResources, type Resources, ResourceMeter } from './resources.js';

/** How long a spare waits to be started, in ms: the brain that was just started goes first. */
const spareMs = 500;
/** How long a holder may take to start a program, and to start itself before, in ms. */
const startMs = 30_000;
/** Between two looks at what is kept of finished terminals, in ms. */
const pruneMs = 6 * 60 * 60 * 1000;

/** Where holders live. */
export interface HoldersOptions {
  /** Folder of the holders' folders; it exists, and is nobody else's. */
  readonly folder: string;
  /** The user's umask, for the files that brains make; this process's own when left out. */
  readonly umask?: number;
  /** The compiled holder; the one beside this file when left out. */
  readonly program?: string;
  /** Where brains get cgroups of their own; wherever this user may make some when left out. */
  readonly cgroups?: Cgroups;
  /** How long a holder may take to start a program, in ms; 30 s when left out. */
  readonly startMs?: number;
}

/** What a daemon has to end brains and to bound them. */
export interface Means extends Required<Pick<Bounds, 'memory' | 'cpus'>> {
  /** `cgroup`: by a cgroup for each; `marker`: by their environment, session and parents. */
  readonly ends: 'cgroup' | 'marker';
  /** Why not by cgroups. */
  readonly reason?: string;
  /** Whether bubblewrap makes PID namespaces here. */
  readonly namespaces: boolean;
}

/** Makes a run of a brain that has just been started. */
type Make<T extends HeldRun> = (brain: Omit<HeldBrain, 'from'>) => T;

/** Starts a holder for each brain, keeps one in reserve, and finds those that an earlier daemon started. */
export class Holders implements Holder {
  readonly #root: string;
  readonly #umask: number;
  readonly #program: string;
  readonly #runs = new Map<string, HeldRun>();
  readonly #finished: FinishedRuns;
  readonly #cgroups: Cgroups;
  readonly #startMs: number;
  readonly #meter = new ResourceMeter();
  /** Holders that are being started, or are ending. */
  readonly #busy = new Set<Promise<unknown>>();
  readonly #pruning: NodeJS.Timeout;
  readonly #left: LeftRuns;
  /** Holders of runs that have ended, as long as what they said is needed. */
  readonly #unneeded = new Set<HolderProcess>();
  #spare: HolderProcess | undefined;
  #spareSoon: NodeJS.Timeout | undefined;
  #closed = false;
  #leaving = false;

  constructor({ folder, program, umask, cgroups, startMs: given }: HoldersOptions) {
    this.#root = folder;
    this.#umask = umask ?? process.umask();
    this.#program = program ?? fileURLToPath(new URL('./program/main.js', import.meta.url));
    this.#cgroups = cgroups ?? new Cgroups();
    this.#startMs = given ?? startMs;
    this.#finished = new FinishedRuns(folder, this.#runs);
    this.#left = new LeftRuns({
      root: folder,
      cgroups: this.#cgroups,
      keep: (holder, run) => void this.#keep(holder, run),
      part: (holder) => this.#part(holder, false),
    });
    this.#pruning = setInterval(() => void this.#finished.prune().catch(onUnexpectedError), pruneMs).unref();
  }

  spawn(what: HeldProgram): Promise<HeldProcess> {
    return this.#start(what, undefined, (brain) => new PipedRun({ ...brain, from: [0, 0] }));
  }

  spawnTerminal(what: HeldProgram, size: HeldSize): Promise<HeldTerminal> {
    return this.#start(what, size, (brain) => new TerminalRun({ ...brain, from: [0], size }));
  }

  /** Starts the spare, where there is none, so that the next spawn does not wait for a process to start. */
  warm(): void {
    clearTimeout(this.#spareSoon);
    if (this.#closed || this.#spare !== undefined) return;
    try {
      const spare = startHolder(this.#root, this.#program);
      this.#spare = spare;
      void this.#missSpare(spare);
    } catch (error) {
      onUnexpectedError(error);
    }
  }

  /**
   * Looks for what an earlier daemon left. Holders that live are connected to; where a holder is gone, what is left of
   * its brain is being ended. `turns` are the runs behind pipes that were in mid-turn, with the offset in their output at
   * which it began: those are found as well where they have ended. Never rejects.
   */
  find(turns: ReadonlyMap<string, number> = new Map()): Promise<Found> {
    return this.#track(this.#find(turns));
  }

  /** Ends a brain that was found. Resolves when nothing of it is left. */
  async end(run: string): Promise<void> {
    this.#left.take(run);
    await this.#runs.get(run)?.kill();
  }

  /** Terminals of a clone whose programs have ended, as far as they are kept, the newest last. */
  finished(clone: string): FinishedSpool[] {
    return this.#finished.of(clone);
  }

  /** What the brains that run use, by clone; looked at when asked, and at most once a second. */
  async resources(): Promise<ReadonlyMap<string, Resources>> {
    const alive = [...this.#runs.values()].filter((run) => run.isAlive());
    // What cannot be looked at is not told; it must not keep the rest from being told.
    const measured = await this.#meter.measure(alive).catch(() => new Map<string, Resources>());
    const byClone = new Map<string, Resources>();
    for (const { run, tag } of alive) {
      const [clone, found] = [tag['clone'], measured.get(run)];
      if (clone !== undefined && found) byClone.set(clone, addResources(byClone.get(clone), found));
    }
    return byClone;
  }

  /** What keeps the limits of a clone: of its brain that runs, else of the one that would be started. */
  boundsOf(clone: string, limits: HeldLimits): Bounds {
    const run = [...this.#runs.values()].find((each) => each.isAlive() && each.tag['clone'] === clone);
    return run ? boundsOf(run.tag) : boundsFor(limits, this.#cgroups.home);
  }

  /** By what brains are ended with all that they started, and what keeps limits. */
  async means(): Promise<Means> {
    const { home } = this.#cgroups;
    const { memory = 'watchdog', cpus = 'none' } = boundsFor({ memoryMb: 1, cpus: 1 }, home);
    const has = { namespaces: (await bubblewrap()) !== undefined, memory, cpus };
    return 'reason' in home ? { ends: 'marker', reason: home.reason, ...has } : { ends: 'cgroup', ...has };
  }

  /** Ends all brains and all holders, the spare too. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#spareSoon);
    clearInterval(this.#pruning);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) this.#dismiss(spare);
    this.#left.takeAll();
    while (this.#busy.size + this.#runs.size > 0) {
      await Promise.allSettled([...this.#busy, ...[...this.#runs.values()].map((run) => run.kill())]);
    }
    // Whose end the disk did not take: the next daemon reads what they wrote down.
    await Promise.all(
      [...this.#unneeded].map((holder) => {
        holder.link.collect();
        return partFrom(holder, true).catch(onUnexpectedError);
      }),
    );
  }

  /** Leaves all brains to the next daemon: they work on under their holders, and nothing more of them is heard here. */
  leave(): void {
    this.#closed = true;
    this.#leaving = true;
    clearTimeout(this.#spareSoon);
    clearInterval(this.#pruning);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) this.#dismiss(spare);
    for (const run of this.#runs.values()) run.leave();
    this.#runs.clear();
    for (const { link } of this.#unneeded) link.end();
  }

  async #find(turns: ReadonlyMap<string, number>): Promise<Found> {
    const { living, gone } = await this.#left.find(
      (run) => !this.#runs.has(run) && this.#spare?.run !== run,
      turns,
    );
    return { living, ended: this.#track(this.#clear(gone)) };
  }

  /** Takes away what nobody looks after any more. Resolves with how much was ended. Never rejects. */
  async #clear(gone: readonly string[]): Promise<number> {
    const ended = await this.#left.bury(gone).catch(onUnexpectedError);
    await this.#finished.prune().catch(onUnexpectedError);
    return ended ?? 0;
  }

  #start<T extends HeldRun>(what: HeldProgram, size: HeldSize | undefined, make: Make<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the holders are closed'));
    return this.#track(
      this.#spawn(what, size, make).finally(() => {
        this.#spareSoon ??= setTimeout(() => {
          this.#spareSoon = undefined;
          this.warm();
        }, spareMs).unref();
      }),
    );
  }

  async #spawn<T extends HeldRun>(what: HeldProgram, size: HeldSize | undefined, make: Make<T>): Promise<T> {
    const wrapper = what.limits?.namespace === true && !size ? await bubblewrap() : undefined;
    const spare = this.#spare;
    this.#spare = undefined;
    const holder = spare ?? startHolder(this.#root, this.#program);
    const { place, bounds } = this.#cgroups.make(holder.run, what.limits) ?? {};
    const { program, args, tag } = bounded(what, {
      bounds,
      wrapper,
      inCgroup: place !== undefined,
    });
    const order: SpawnOrder = {
      ...{ tag, program, args, cwd: what.cwd, env: what.env, umask: this.#umask },
      ...(size && { size }),
      ...(place && { cgroup: place }),
    };
    // One that was stopped, or hangs, takes an order and never answers.
    const late = setTimeout(() => holder.kill(), this.#startMs);
    try {
      return await holder.link.spawn(order, (identity) => {
        if (place && identity.cgroup === undefined) removeCgroup(place.folder);
        return this.#keep(holder, make({ holder, tag, identity, taken: 0 }));
      });
    } catch (error) {
      this.#dismiss(holder);
      // What it has started all the same has nobody.
      if (error instanceof HolderLost) await sweep([nobody(holder.run, place?.folder)]);
      if (place) removeCgroup(place.folder);
      // It may have died long before it was wanted.
      if (spare && error instanceof HolderLost) return await this.#spawn(what, size, make);
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Looks after a run until its exit is collected. */
  #keep<T extends HeldRun>(holder: HolderProcess, run: T): T {
    if (this.#leaving) {
      run.leave();
      return run;
    }
    this.#runs.set(run.run, run);
    void this.#collect(holder, run).catch(onUnexpectedError);
    return run;
  }

  async #collect(holder: HolderProcess, run: HeldRun): Promise<void> {
    await run.exited;
    this.#runs.delete(run.run);
    if (run.handedOver) return;
    this.#unneeded.add(holder);
    await run.unneeded();
    this.#unneeded.delete(holder);
    if (this.#leaving) return;
    holder.link.collect();
    const keep = run instanceof TerminalRun;
    this.#part(holder, keep);
    if (keep) await this.#track(this.#finished.prune());
  }

  /** A spare that ends before it is wanted is not missed. */
  async #missSpare(spare: HolderProcess): Promise<void> {
    await spare.link.closed;
    if (this.#spare !== spare) return;
    this.#spare = undefined;
    this.#part(spare, false);
  }

  /** Ends a holder that has no brain. */
  #dismiss(holder: HolderProcess): void {
    holder.kill();
    this.#part(holder, false);
  }

  #part(holder: HolderProcess, keep: boolean): void {
    void this.#track(partFrom(holder, keep).catch(onUnexpectedError));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.then(
      () => undefined,
      () => undefined,
    );
    this.#busy.add(tracked);
    void tracked.then(() => this.#busy.delete(tracked));
    return work;
  }
}
