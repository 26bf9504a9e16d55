import type { Brain, LeftProcess, Place, TurnPoint } from '../brains/contract.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { TurnRecord } from '../store/turnTable.js';
import { askerOf } from './asker.js';
import type { CloneProcess } from './cloneProcess.js';
import { endByStop } from './ends.js';
import type { CloneLedger, LedgerShared } from './ledger.js';
import type { Outcomes } from './outcomes.js';
import type { Pauses } from './pauses.js';
import { resumeWords, stopForDaemon, stopOf } from './recovery.js';
import { Turn, type TurnEnd, type TurnNotes, type TurnStop } from './turn.js';
import type { ZoneLook } from './zoneWatch.js';
import { workedMs } from './turnClock.js';
import { TurnTime } from './turnTime.js';
import { budgetError } from '../usage/budget.js';

/** What a clone's tasks are run with. */
export interface TaskRunsParts {
  readonly shared: LedgerShared;
  readonly ledger: () => CloneLedger;
  readonly process: () => CloneProcess;
  readonly outcomes: Outcomes;
  readonly pauses: Pauses;
  /** Whether its brain is a program of the user's choice, which would take our words for its own. */
  readonly program: boolean;
  /** Whether the clone still takes tasks. */
  readonly serving: () => boolean;
}

/** A task whose turn is followed; the rest is of one that an earlier daemon began. */
interface Followed {
  readonly task: TaskRecord;
  readonly told?: Place;
  readonly stop?: TurnStop | undefined;
}

/** Runs a clone's tasks on its process, one at a time. */
export class TaskRuns {
  readonly #parts: TaskRunsParts;
  /** What an earlier daemon began: its brain has been told of it, or not yet, or a process is being started to tell it. */
  #left: 'sent' | 'unsent' | 'starting' | undefined;
  #turn: Turn | undefined;
  #time: TurnTime | undefined;
  /** A stop that came while the process was still being started. */
  #early: TurnStop | undefined;
  /** Settles when the task that runs now has ended and that is on disk. */
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TaskRunsParts) {
    this.#parts = parts;
  }

  /** Whether a process is on a task now. */
  get on(): boolean {
    return this.#turn !== undefined;
  }

  /** Runs a task that was claimed. Resolves when it has ended, or goes on waiting in its queue. @throws storageFailed */
  async run(task: TaskRecord): Promise<void> {
    // While the process starts.
    using look = this.#parts.shared.zone.look(task, this.#parts.ledger());
    this.#running = this.#run(task, look);
    await this.#running;
  }

  /** Whether a task is in hand that an earlier daemon began. */
  get left(): boolean {
    return this.#left !== undefined;
  }

  /** Runs to its end what was left by an earlier daemon. @throws storageFailed */
  async finishLeft(): Promise<void> {
    if (this.#left === 'unsent') this.#running = this.#again();
    else this.#left = undefined;
    await this.#running;
  }

  /**
   * Goes on with a task in the process that an earlier daemon gave it. Resolves once all is heard that was said meanwhile;
   * false where that cannot be.
   * @throws storageFailed
   */
  async ride(task: TaskRecord, turn: TurnRecord, left: LeftProcess): Promise<boolean> {
    const { progress, told, stop } = turn;
    const ledger = this.#parts.ledger();
    const process = this.#parts.process();
    if (progress.state !== 'sent' || !process.ridable) return false;
    ledger.takeUp(task);
    const note = (point: TurnPoint | undefined): void => this.#notes.point(point);
    const { from, point } = progress;
    const brain = process.ride(task.kind, left, { say: this.#words(task), from, point, note });
    const followed = this.#follow(brain, { task, told, stop: stop && stopOf(stop) });
    const held = left.kind === 'terminal' || left.held.found?.held !== false;
    this.#left = 'sent';
    this.#running = this.#endRidden(followed, task, held);
    // Whoever waits for it hears of it.
    this.#running.catch(() => undefined);
    await brain.takenUp;
    if (this.#turn !== followed) return true;
    this.#parts.shared.desk.sweep(followed.asker);
    followed.stopAgain();
    return true;
  }

  /** Takes up a task that an earlier daemon began, and whose brain was told nothing of it. @throws storageFailed */
  begin(task: TaskRecord, { stop }: TurnRecord): void {
    this.#parts.ledger().takeAgain(task);
    this.#left = 'unsent';
    if (stop) this.#early = stopOf(stop);
  }

  /** The task is no longer in hand, unless it is still to be given to a process for the first time. */
  release(): void {
    if (this.#left === 'unsent') return;
    this.#parts.ledger().release();
    this.#time?.end();
    this.#turn = undefined;
    this.#early = undefined;
  }

  /**
   * Ends the turn of the task in hand, also where it has yet to begin. Resolves when that is on disk.
   * @throws storageFailed
   */
  async stop(stop: TurnStop): Promise<void> {
    const { task } = this.#parts.ledger();
    if (!task) return;
    if (this.#left === 'unsent') return this.#endUntold(task, stop);
    if (this.#turn) this.#turn.stop(stop);
    else this.#early ??= stop;
    await this.#running;
  }

  /** Ends the turn with its process, by its clone's policy, as the daemon itself is ending. */
  async abandon(): Promise<void> {
    const { record, task } = this.#parts.ledger();
    if (task && this.#turn) await this.#turn.abandon(stopForDaemon(record, task));
  }

  /** Resolves when no turn is on. Never rejects. */
  async settled(): Promise<void> {
    await this.#running.catch(() => undefined);
  }

  /** Leaves the turn that is on to the next daemon. */
  leave(): void {
    this.#time?.end();
  }

  async #run(task: TaskRecord, look: ZoneLook): Promise<void> {
    const { process, outcomes, serving } = this.#parts;
    const ledger = this.#parts.ledger();
    let brain: Brain;
    try {
      brain = await process().forTask(task.kind);
    } catch (error) {
      return outcomes.failedToStart(error);
    }
    await look.ready;
    // Cancelled, or left to the next daemon.
    if (!ledger.stillQueued() || !serving()) return;
    ledger.start(brain.sandbox);
    await this.#take(brain, task, look);
  }

  /** Gives a process the task that has begun already. Where the disk refuses that, it is still to be done. */
  async #again(): Promise<void> {
    const { process, outcomes, serving, shared } = this.#parts;
    const ledger = this.#parts.ledger();
    const { task } = ledger;
    this.#left = 'starting';
    try {
      if (!task) return;
      if (this.#early) return this.#endUntold(task, this.#early);
      using look = shared.zone.look(task, ledger);
      let brain: Brain;
      try {
        brain = await process().forTask(task.kind);
      } catch (error) {
        return await outcomes.failedToStart(error);
      }
      await look.ready;
      // Nobody else would end it: on disk it does not wait in the queue.
      if (this.#early) return this.#endUntold(task, this.#early);
      if (!serving()) return;
      ledger.again();
      await this.#take(brain, task, look);
    } catch (error) {
      if (!this.#turn) this.#left = 'unsent';
      throw error;
    } finally {
      if (this.#left === 'starting') this.#left = undefined;
    }
  }

  /** Ends a task that an earlier daemon began, and whose brain was told nothing of it. @throws storageFailed */
  #endUntold(task: TaskRecord, stop: TurnStop): void {
    const { log, queue } = this.#parts.shared;
    log.commit((tx) => queue.end(tx, task, endByStop(stop)));
    this.#left = undefined;
    this.release();
  }

  async #take(brain: Brain, task: TaskRecord, look: ZoneLook): Promise<void> {
    const turn = this.#follow(brain, { task });
    turn.begin(this.#words(task));
    if (this.#early) turn.stop(this.#early);
    await this.#end(turn, look, true);
  }

  #words({ resumed, say }: TaskRecord): string {
    return resumed && !this.#parts.program ? resumeWords(say) : say;
  }

  readonly #notes: TurnNotes = {
    point: (point) => this.#parts.ledger().note(point ? { state: 'sent', ...point } : { state: 'lost' }),
    told: (place) => this.#parts.ledger().noteTold(place),
    stop: (stop) => this.#parts.ledger().noteStop(stop),
  };

  /** Hears a brain's turn as that of a task. */
  #follow(brain: Brain, { task, told, stop }: Followed): Turn {
    const { pauses } = this.#parts;
    const { log, desk, environment } = this.#parts.shared;
    const ledger = this.#parts.ledger();
    const { name, limits } = ledger.record;
    const began = told && task.startedAt !== undefined ? Date.parse(task.startedAt) : Date.now();
    const worked = limits.maxTurnMs === undefined ? 0 : this.#workedMs(task, began);
    const past = { all: Date.now() - began, worked };
    const time = new TurnTime({ task, limits, past, stop: (end) => turn.stop(end) });
    this.#time = time;
    const turn = new Turn({
      brain,
      log,
      desk,
      asker: askerOf(ledger, brain, time.clock),
      pieces: () => environment.redactPieces(name),
      accepted: () => ledger.begun(),
      notes: this.#notes,
      ...(told && { told }),
      stop,
      used: (usage) => {
        const passed = pauses.passedBy(task, usage);
        if (passed) turn.stop({ step: 'requeue', error: budgetError(name, passed) });
      },
    });
    this.#turn = turn;
    return turn;
  }

  async #endRidden(turn: Turn, task: TaskRecord, held: boolean): Promise<void> {
    using look = this.#parts.shared.zone.ridden(task, this.#parts.ledger());
    await this.#end(turn, look, held);
  }

  /** How long a brain has worked at a task since then. */
  #workedMs(task: TaskRecord, began: number): number {
    const asked = this.#parts.shared.store.approvals.of(task.id).filter(({ kind }) => kind !== 'budget');
    return workedMs(began, Date.now(), asked);
  }

  /** `held` says whether a holder has its process; without one, its end says nothing of the brain. */
  async #end(turn: Turn, look: ZoneLook, held: boolean): Promise<void> {
    const end = await turn.ended;
    this.#time?.end();
    const judged = await look.judged(end);
    await this.#parts.outcomes.finish(brokenOff(judged, held) ? this.#byPolicy(judged) : judged);
    turn.settled();
  }

  #byPolicy(end: TurnEnd): TurnEnd {
    const { record, task } = this.#parts.ledger();
    if (!task) return end;
    const stop = stopForDaemon(record, task);
    const { outcome } = end;
    const known = outcome.status === 'failed' && outcome.error.kind === 'taskInterrupted';
    return { ...end, stop: known ? { ...stop, error: outcome.error } : stop };
  }
}

/** Whether it was the end of an earlier daemon that ended a turn, rather than its brain. */
function brokenOff({ outcome, stop }: TurnEnd, held: boolean): boolean {
  if (outcome.status !== 'failed' || stop) return false;
  const { kind } = outcome.error;
  return kind === 'taskInterrupted' || (!held && (kind === 'brainDied' || kind === 'brainNoResult'));
}
