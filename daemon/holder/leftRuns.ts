import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cgroups } from './cgroups.js';
import type { HeldProcess, HeldTag, HeldTerminal, ProcessIdentity } from './contract.js';
import { brainOf, exitOf, runsIn } from './finished.js';
import { PipedRun } from './heldProcess.js';
import type { HeldRun } from './heldRun.js';
import { TerminalRun } from './heldTerminal.js';
import { findHolder, goneHolder, type HolderProcess, killHolder } from './holderProcess.js';
import { sweep } from './kill.js';
import { bootId } from './program/identity.js';
import { segmentStarts } from './program/segments.js';
import { type BrainFile, mainChannel, protocolVersion } from './program/wire.js';
import { SpoolReader } from './spoolReader.js';
import { endSurvivors } from './survivors.js';

/** How long all holders of an earlier daemon together have to answer, in ms. */
const findMs = 2_000;

/** A brain that an earlier daemon started. It runs, or a turn of its is asked for, of which what it said is kept. */
export type FoundBrain =
  | {
      readonly kind: 'pipes';
      readonly run: string;
      readonly tag: HeldTag;
      readonly pid: number;
      /** Takes up the process from where its turn began; missing where that is not kept, or was not asked for. */
      readonly takeUp?: () => HeldProcess;
    }
  | {
      readonly kind: 'terminal';
      readonly run: string;
      readonly tag: HeldTag;
      readonly pid: number;
      readonly terminal: HeldTerminal;
    };

/** What an earlier daemon left. */
export interface Found {
  readonly living: readonly FoundBrain[];
  /** Resolves when nothing is left of brains whose holders are gone, with how many processes were ended. Never rejects. */
  readonly ended: Promise<number>;
}

/** What is looked for, and what becomes of it. */
export interface LeftRunsParts {
  /** Folder of the holders' folders. */
  readonly root: string;
  readonly cgroups: Cgroups;
  /** Looks after a run from now on. */
  readonly keep: (holder: HolderProcess, run: HeldRun) => void;
  /** Lets a holder go that was told to end. */
  readonly part: (holder: HolderProcess) => void;
}

type FoundHolder = Awaited<ReturnType<typeof findHolder>>;

/** The holders, and what is left of them, that an earlier daemon has left behind. */
export class LeftRuns {
  readonly #parts: LeftRunsParts;
  /** Runs that were found in mid-turn and not taken up yet; each call takes one up to have it ended. */
  readonly #untaken = new Map<string, () => void>();

  constructor(parts: LeftRunsParts) {
    this.#parts = parts;
  }

  /** Takes up a run that nobody has taken up, to have it ended. */
  take(run: string): void {
    this.#untaken.get(run)?.();
  }

  takeAll(): void {
    for (const take of [...this.#untaken.values()]) take();
  }

  /** Connects to all holders that answer; `gone` are the runs of the others. `turns` as in Holders.find. Never rejects. */
  async find(
    wanted: (run: string) => boolean,
    turns: ReadonlyMap<string, number>,
  ): Promise<{ readonly living: FoundBrain[]; readonly gone: string[] }> {
    const runs = runsIn(this.#parts.root).filter(wanted);
    const patience = new AbortController();
    const late = sleep(findMs, undefined, { signal: patience.signal }).catch(() => undefined);
    const found = await Promise.all(runs.map((run) => this.#ask(run, late)));
    patience.abort();
    const living = found.flatMap((holder) => (holder === undefined ? [] : this.#takeUp(holder, turns)));
    const lost = runs.filter((_, index) => found[index] === undefined);
    const told = lost.flatMap((run) => this.#readUp(run, turns.get(run)));
    const gone = lost.filter((run) => !told.some((brain) => brain.run === run));
    return { living: [...living, ...told], gone };
  }

  /** Ends what is left where no holder answers, and takes away what is not kept. Resolves with how much was ended. */
  async bury(runs: readonly string[]): Promise<number> {
    const left = runs.map((run) => ({ folder: join(this.#parts.root, run), run }));
    const brains = left.map(({ folder, run }) => ({ folder, run, file: brainOf(folder) }));
    const known = brains.flatMap(({ file }) => (file ? [file.brain] : []));
    // A holder that was killed before it could write down whose parent it is.
    const unknown = brains.flatMap(({ file, run }) =>
      file ? [] : [nobody(run, this.#parts.cgroups.left(run))],
    );
    const ended = (await endSurvivors(known)) + (await sweep(unknown));
    // Last, where one hangs: without it its brain would lose its terminal and end unseen.
    for (const { file } of brains) if (file) killHolder(file.holder);
    const dropped = brains.filter(({ file }) => file?.kind !== 'terminal');
    await Promise.all(dropped.map(({ folder }) => rm(folder, { recursive: true, force: true })));
    return ended;
  }

  async #ask(run: string, late: Promise<undefined>): Promise<FoundHolder | undefined> {
    const asking = findHolder(join(this.#parts.root, run)).catch(() => undefined);
    const holder = await Promise.race([asking, late]);
    if (holder?.found.version === protocolVersion) return holder;
    void asking.then((answered) => answered?.link.end());
    return undefined;
  }

  /** Makes a run of a holder that was found; one without a brain, or whose brain has ended, is let go. */
  #takeUp(holder: FoundHolder, turns: ReadonlyMap<string, number>): FoundBrain[] {
    const { found, run } = holder;
    const { brain, state } = found;
    if (brain === undefined || state === 'empty') {
      holder.link.collect();
      this.#parts.part(holder);
      return [];
    }
    const { tag } = brain;
    const { pid } = brain.brain;
    const take = (from?: number): HeldRun => {
      this.#untaken.delete(run);
      const held = runOf(holder, brain, from);
      this.#parts.keep(holder, held);
      holder.link.attach(held);
      for (const [channel, end] of held.heard().entries()) holder.link.read(channel, end);
      return held;
    };
    const from = turns.get(run);
    if (brain.kind === 'pipes' && from !== undefined && from >= (found.spools[0]?.start ?? 0)) {
      this.#untaken.set(run, () => void take());
      return [{ kind: 'pipes', run, tag, pid, takeUp: () => take(from) as PipedRun }];
    }
    const held = take();
    if (state === 'ended' && (brain.kind === 'pipes' || from === undefined)) return [];
    return held instanceof TerminalRun
      ? [{ kind: 'terminal', run, tag, pid, terminal: held }]
      : [{ kind: 'pipes', run, tag, pid }];
  }

  /** A run in mid-turn of which only what its holder wrote down is left. */
  #readUp(run: string, from: number | undefined): FoundBrain[] {
    const folder = join(this.#parts.root, run);
    const file = from === undefined ? undefined : brainOf(folder);
    if (file === undefined || from === undefined) return [];
    if (file.kind === 'terminal') return this.#readUpTerminal(folder, run, file);
    const start = segmentStarts(folder, mainChannel)[0];
    if (start === undefined || from < start) return [];
    const take = (): PipedRun => {
      this.#untaken.delete(run);
      const holder = goneHolder(folder, file);
      const known = { holder, tag: file.tag, identity: file.brain, from: [from, 0], taken: 0 };
      const held = new PipedRun(known, { end: Infinity, input: { taken: 0 }, held: false });
      this.#parts.keep(holder, held);
      const exit = exitOf(folder);
      if (exit) held.ended(exit);
      held.lost(false);
      return held;
    };
    this.#untaken.set(run, take);
    return [{ kind: 'pipes', run, tag: file.tag, pid: file.brain.pid, takeUp: take }];
  }

  /** A terminal in mid-turn whose program's end is written down; of another one nobody knows how it would have ended. */
  #readUpTerminal(folder: string, run: string, file: BrainFile): FoundBrain[] {
    const exit = exitOf(folder);
    if (!exit || !file.size) return [];
    const spool = new SpoolReader(folder);
    const { start, end } = spool;
    const size = spool.marks(start, end).findLast((mark) => mark.type === 'resize')?.size ?? file.size;
    const holder = goneHolder(folder, file);
    const known = { holder, tag: file.tag, identity: file.brain, from: [end], taken: 0, size };
    const terminal = new TerminalRun(known, { end, input: { taken: 0 }, held: false });
    this.#parts.keep(holder, terminal);
    terminal.ended(exit);
    terminal.lost(false);
    return [{ kind: 'terminal', run, tag: file.tag, pid: file.brain.pid, terminal }];
  }
}

/** `turn` is the offset from which its output is to be told; its end when left out. */
function runOf(
  { found, ...holder }: FoundHolder,
  { tag, brain, size: first, startedAt }: BrainFile,
  turn?: number,
): HeldRun {
  const { spools, taken, received, size = first } = found;
  const [main = { start: 0, end: 0 }, ...others] = spools;
  const from = [turn ?? main.end, ...others.map(({ end }) => end)];
  const known = { holder, tag, identity: brain, from, since: Date.parse(startedAt) };
  const input = received === undefined ? { taken } : { received };
  const state = { end: main.end, input, held: true };
  if (size) return new TerminalRun({ ...known, taken, size }, state);
  return new PipedRun({ ...known, taken: received ?? taken }, state);
}

/** Stands for a process of which only the run is known. */
export function nobody(run: string, cgroup: string | undefined): ProcessIdentity {
  return { pid: -1, startTime: '', bootId: bootId(), run, ...(cgroup !== undefined && { cgroup }) };
}
