import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Brain, BrainSupplier } from '../brains/contract.js';
import { onUnexpectedError } from '../lifecycle.js';
import { retryMs } from '../store/retry.js';
import type { TaskRecord } from '../store/taskTable.js';
import { budgetError } from '../usage/budget.js';
import { Alarm } from './alarm.js';
import { AsideLedger } from './asideLedger.js';
import { askerOf } from './asker.js';
import type { CloneLedger } from './ledger.js';
import { asKnown } from './outcomes.js';
import type { Pauses } from './pauses.js';
import { persist } from './persist.js';
import { stopForDaemon } from './recovery.js';
import type { RunnerShared } from './runnerShared.js';
import { specOf } from './spec.js';
import { Turn, type TurnStop } from './turn.js';
import { TurnTime } from './turnTime.js';
import type { ZoneLook } from './zoneWatch.js';

/** Most asides of one clone at a time: each is a process of the brain. */
const mostAsides = 4;

/** What a clone's asides are run with. */
export interface AsidesParts {
  readonly shared: RunnerShared;
  readonly supplier: BrainSupplier;
  readonly ledger: () => CloneLedger;
  readonly pauses: Pick<Pauses, 'standstill' | 'passedBy'>;
  /** Whether the clone still takes tasks. */
  readonly serving: () => boolean;
  /** Whether the daemon is ending: what the disk refuses is left to the next one. */
  readonly closing: () => boolean;
}

/** An aside from its start on. */
interface Run {
  turn: Turn | undefined;
  brain: Brain | undefined;
  /** The task has ended; its process is ending. */
  over: boolean;
  /** Settles when its end is on disk and its process is gone. Never rejects. */
  ended: Promise<void>;
}

/**
 * Runs asks beside a clone, each at once and in a process of its own, on a branch of its conversation of which nothing
 * is kept. The clone's state, queue and conversation know nothing of them, and neither do its failures.
 */
export class Asides {
  readonly #parts: AsidesParts;
  readonly #runs = new Map<string, Run>();
  /** The next try, where the disk refused to note a start. */
  readonly #alarm = new Alarm();
  /** Ends are not written down any more: the next daemon begins them anew. */
  #left = false;

  constructor(parts: AsidesParts) {
    this.#parts = parts;
  }

  /** How many there are that have not ended. */
  get count(): number {
    const queued = this.#queued().filter(({ id }) => !this.#runs.has(id));
    return [...this.#runs.values()].filter(({ over }) => !over).length + queued.length;
  }

  /** Why none can begin now, if so. */
  get obstacle(): KhloneError | undefined {
    const clone = this.#parts.ledger().record.name;
    const reason = this.#parts.pauses.standstill;
    if (reason !== undefined) return fail('clonePaused', { clone, reason });
    return this.count < mostAsides ? undefined : fail('asidesFull', { clone, limit: mostAsides });
  }

  /** Begins those that have not begun. Never throws. */
  look(): void {
    try {
      const { record } = this.#parts.ledger();
      if (!this.#parts.serving() || this.#parts.shared.environment.missing(record).length > 0) return;
      for (const task of this.#queued()) if (!this.#runs.has(task.id)) this.#begin(task);
    } catch (error) {
      this.#later(error);
    }
  }

  has(task: string): boolean {
    return this.#runs.has(task);
  }

  /** Ends one of them. Resolves when it is over. */
  async stop(task: string, stop: TurnStop): Promise<void> {
    const run = this.#runs.get(task);
    run?.turn?.stop(stop);
    await run?.ended;
  }

  /** Ends all of them with their clone. Resolves when they are over. */
  async stopAll(stop: TurnStop): Promise<void> {
    await Promise.all([...this.#runs.keys()].map((task) => this.stop(task, stop)));
  }

  /** Ends with the daemon: lets them end first, or breaks them off by their clone's policy. */
  async close(drain: boolean): Promise<void> {
    this.#alarm.clear();
    const { record } = this.#parts.ledger();
    await Promise.all(
      [...this.#runs].map(async ([id, { turn, ended }]) => {
        const task = drain ? undefined : this.#parts.shared.store.tasks.get(id);
        if (task) await turn?.abandon(stopForDaemon(record, task));
        await ended;
      }),
    );
  }

  /** Ends with the daemon and leaves them to the next one, which begins them anew: nobody could go on with a branch. */
  async leave(drain: boolean): Promise<void> {
    this.#alarm.clear();
    this.#left = !drain;
    await Promise.all(
      [...this.#runs.values()].map(async ({ brain, ended }) => {
        if (!drain) await brain?.kill();
        await ended;
      }),
    );
  }

  #queued(): TaskRecord[] {
    return this.#parts.shared.store.tasks.queuedAsidesOf(this.#parts.ledger().record.name);
  }

  #begin(task: TaskRecord): void {
    const run: Run = { turn: undefined, brain: undefined, over: false, ended: Promise.resolve() };
    this.#runs.set(task.id, run);
    run.ended = this.#run(task, run)
      .finally(() => this.#runs.delete(task.id))
      // It may have been queued again while its process was still ending.
      .then(() => this.look())
      .catch((error: unknown) => this.#later(error));
  }

  /** What went wrong is a disk's fault, or a defect of ours; what still waits is tried again. */
  #later(error: unknown): void {
    onUnexpectedError(error);
    if (this.#parts.serving()) this.#alarm.set(retryMs, () => this.look());
  }

  async #run(task: TaskRecord, run: Run): Promise<void> {
    const { shared, supplier, closing } = this.#parts;
    await shared.ready;
    if (!this.#parts.serving()) return;
    const ledger = new AsideLedger(shared, { clone: this.#parts.ledger(), task: task.id });
    // While the process starts.
    using look = shared.zone.look(task, ledger);
    try {
      run.brain = await supplier.spawn(this.#spec());
    } catch (error) {
      const known = asKnown(error);
      if (known.kind === 'storageFailed') throw known;
      return await persist(() => ledger.failToStart(known), closing);
    }
    try {
      await this.#take(run.brain, { task, run, look, ledger });
    } finally {
      await run.brain.kill();
    }
  }

  async #take(
    brain: Brain,
    { task, run, look, ledger }: { task: TaskRecord; run: Run; look: ZoneLook; ledger: AsideLedger },
  ): Promise<void> {
    await look.ready;
    // Cancelled, or left to the next daemon.
    if (!ledger.stillQueued() || !this.#parts.serving()) return;
    ledger.start(brain.sandbox);
    const { turn, time } = this.#follow(brain, task, ledger);
    run.turn = turn;
    turn.begin(task.say);
    const end = await turn.ended;
    time.end();
    if (this.#left && end.outcome.status !== 'done') return;
    const judged = await look.judged(end);
    await persist(() => ledger.finish(judged), this.#parts.closing);
    run.over = true;
    turn.settled();
  }

  #follow(brain: Brain, task: TaskRecord, ledger: AsideLedger): { turn: Turn; time: TurnTime } {
    const { pauses } = this.#parts;
    const { log, desk, environment } = this.#parts.shared;
    const { name, limits } = ledger.record;
    const time = new TurnTime({ task, limits, stop: (stop) => turn.stop(stop) });
    const turn = new Turn({
      brain,
      log,
      desk,
      asker: askerOf(ledger, brain, time.clock),
      pieces: () => environment.redactPieces(name),
      accepted: () => undefined,
      notes: { point: () => undefined, told: () => undefined, stop: (stop) => ledger.noteStop(stop) },
      used: (usage) => {
        const passed = pauses.passedBy(task, usage);
        if (passed) turn.stop({ step: 'fail', error: budgetError(name, passed) });
      },
    });
    return { turn, time };
  }

  #spec(): Parameters<BrainSupplier['spawn']>[0] {
    const { environment, settings } = this.#parts.shared;
    const { record } = this.#parts.ledger();
    return specOf(record, 'ask', { env: environment.of(record), sandbox: settings.askSandbox, aside: true });
  }
}
