import { randomUUID } from 'node:crypto';
import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Clone, CloneStatus, OffReason } from '../../protocol/shapes/clone.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { BrainSupplier, LeftProcess, ToldOutput } from '../brains/contract.js';
import type { HeldTerminal } from '../holder/contract.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { Terminal } from '../streams/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { retryMs } from '../store/retry.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { TurnRecord } from '../store/turnTable.js';
import type { Alarm } from './alarm.js';
import type { Asides } from './asides.js';
import type { CloneProcess } from './cloneProcess.js';
import type { Variables } from './environment.js';
import type { CloneLedger } from './ledger.js';
import type { Outcomes } from './outcomes.js';
import type { Pauses } from './pauses.js';
import type { Rest } from './rest.js';
import { RunnerParts, type RunnerPhase } from './runnerParts.js';
import type { RunnerShared } from './runnerShared.js';
import { Sleepers } from './sleepers.js';
import type { TalkHold, TalkWish } from './talk.js';
import type { Talks } from './talks.js';
import type { TaskRuns } from './taskRuns.js';
import { stopFor, type TurnStop } from './turn.js';
import { withBackoff } from './views.js';

/**
 * Runs one clone: takes its tasks in order, one at a time, on a process that stays warm between them, and lets
 * people come to its terminal in between.
 */
export class CloneRunner {
  readonly #shared: RunnerShared;
  readonly #supplier: BrainSupplier;
  readonly #process: CloneProcess;
  readonly #ledger: CloneLedger;
  readonly #talks: Talks;
  readonly #sleepers = new Sleepers();
  readonly #outcomes: Outcomes;
  readonly #alarm: Alarm;
  readonly #rest: Rest;
  readonly #tasks: TaskRuns;
  readonly #pauses: Pauses;
  readonly #asides: Asides;
  /** Settles when there is nothing to do for the moment. */
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #retiring: Promise<void> | undefined;
  #phase: RunnerPhase = 'serving';

  constructor(
    record: CloneRecord,
    supplier: BrainSupplier,
    shared: RunnerShared & { readonly usage: Usage },
  ) {
    this.#supplier = supplier;
    this.#shared = shared;
    const parts = new RunnerParts({
      record,
      supplier,
      shared,
      usage: shared.usage,
      phase: () => this.#phase,
      wake: () => this.wake(),
      guarded: (change) => this.#guarded(change),
    });
    this.#process = parts.process;
    this.#ledger = parts.ledger;
    this.#talks = parts.talks;
    this.#outcomes = parts.outcomes;
    this.#alarm = parts.alarm;
    this.#rest = parts.rest;
    this.#tasks = parts.tasks;
    this.#pauses = parts.pauses;
    this.#asides = parts.asides;
  }

  get record(): CloneRecord {
    return this.#ledger.record;
  }

  get state(): CloneStatus {
    return this.#ledger.status;
  }

  /** Whether it could take a task this instant. */
  get free(): boolean {
    const able = (this.state === 'off' || this.state === 'idle') && this.#phase === 'serving';
    const ready = able && !this.#busy && !this.#talks.on && this.#outcomes.delay === 0;
    return ready && this.#shared.queue.length(this.record.name) === 0 && this.missing.length === 0;
  }

  get hasProcess(): boolean {
    return this.#process.isAlive;
  }

  /** Whether its process is at rest and holds nothing but the conversation. */
  get restful(): boolean {
    return !this.#busy && this.#phase === 'serving' && this.#rest.holds;
  }

  get missing(): string[] {
    return this.#shared.environment.missing(this.record);
  }

  /** The terminal its process runs in, if it does. */
  get terminal(): Terminal | undefined {
    return this.#process.terminal;
  }

  /** Why it cannot take a task of this kind now or later, if so. */
  obstacle(kind: TaskKind): KhloneError | undefined {
    return this.#ledger.obstacle(kind, this.#supplier.capabilities);
  }

  /** Why no ask can run beside it now, if so. */
  get asideObstacle(): KhloneError | undefined {
    return this.#ledger.obstacle('aside', this.#supplier.capabilities) ?? this.#asides.obstacle;
  }

  view(): Clone {
    const shown = this.#pauses.shown(withBackoff(this.#ledger.view(), this.#outcomes.backoff));
    const asides = this.#asides.count;
    return asides > 0 ? { ...shown, asides } : shown;
  }

  /** Says that there may be something to do. */
  wake(): void {
    this.#asides.look();
    if (this.#busy || this.#phase !== 'serving') return;
    this.#alarm.clear();
    this.#busy = true;
    this.#working = this.#work().catch(onUnexpectedError);
  }

  /** Takes from a client what the clone misses, and goes on if that was all it waited for. */
  supply(environment: Variables, env?: Variables): void {
    if (this.state === 'retired') return;
    if (this.#shared.environment.supply(this.record, { environment, env })) this.wake();
  }

  /** Changes what is stored of the clone, with its event. The next task's process is started accordingly. */
  update(change: Partial<CloneRecord>): void {
    this.#ledger.update(change);
    // Whoever raises a budget is not to be told that the clone is paused for it.
    if (this.#phase === 'serving' && !this.#busy) this.#guarded(() => this.#pauses.review());
    this.wake();
  }

  /**
   * Comes to the clone's terminal, and opens it where there is none.
   * @throws capabilityMissing, cloneBusy, cloneFailed, cloneRetired, environmentMissing, brainMissing, brainDied,
   * brainError, zoneInvalid, shuttingDown, storageFailed, cancelled
   */
  talk(wish: TalkWish): Promise<TalkHold> {
    const obstacle = this.#talkObstacle();
    if (obstacle) return Promise.reject(obstacle);
    const { task } = this.#ledger;
    if (task && !wish.wait && !wish.now) {
      return Promise.reject(fail('cloneBusy', { clone: this.record.name, task: task.id }));
    }
    const hold = this.#talks.ask(wish);
    if (task && wish.now && !wish.signal.aborted) {
      void this.#tasks.stop(stopFor('somebody came to talk')).catch(onUnexpectedError);
    }
    this.wake();
    return hold;
  }

  /**
   * Ends the process and keeps the conversation, once a turn that is on has ended: at once where `now` is set. What
   * is queued goes on afterwards. Resolves when the process is gone.
   * @throws storageFailed
   */
  hibernate({ now, why = 'hibernated' }: { readonly now: boolean; readonly why?: string }): Promise<void> {
    if (this.#phase !== 'serving') return this.#working;
    const slept = this.#sleepers.add(now);
    if (now) void this.#tasks.stop(stopFor(`its clone was ${why}`)).catch(onUnexpectedError);
    this.wake();
    return slept;
  }

  /**
   * Takes up the terminal that an earlier daemon has left of this clone; false where it cannot. `told` as in
   * BrainSupplier.adopt. Once it resolves, which `ready` waits for, it is known whether a turn is on there.
   * @throws storageFailed
   */
  async adopt(held: HeldTerminal, told: (output: ToldOutput) => boolean): Promise<boolean> {
    const brain = this.#phase === 'serving' ? this.#process.adopt(held, told) : undefined;
    await brain?.takenUp;
    if (brain) this.#guarded(() => this.#process.settle());
    return brain !== undefined;
  }

  /** Whether it can go on with a process that an earlier daemon left in mid-turn. */
  get ridable(): boolean {
    return this.#phase === 'serving' && this.#process.ridable;
  }

  /** Goes on with a task in the process that an earlier daemon gave it, as TaskRuns.ride. @throws storageFailed */
  ride(task: TaskRecord, turn: TurnRecord, left: LeftProcess): Promise<boolean> {
    return this.#tasks.ride(task, turn, left);
  }

  /**
   * Begins a task anew whose brain was told nothing of it when its daemon died; false where it misses something for that.
   * @throws storageFailed
   */
  beginAgain(task: TaskRecord, turn: TurnRecord): boolean {
    // At rest it is where its terminal was found.
    if (this.missing.length > 0 || (this.state !== 'off' && this.state !== 'idle')) return false;
    this.#tasks.begin(task, turn);
    this.wake();
    return true;
  }

  /** Ends the turn and keeps the conversation; lets a parked clone try again. Resolves when the turn is over. */
  async interrupt(stop: TurnStop): Promise<void> {
    if (this.state === 'failed') {
      this.forgive();
      return this.wake();
    }
    if ((this.#talks.turn || this.#talks.asks) && !this.#tasks.on) this.#process.interrupt();
    await this.#tasks.stop(stop);
  }

  /** A human lets it try again, at once: no failure counts any more. @throws storageFailed */
  forgive(): void {
    this.#outcomes.forgive();
    this.#pauses.hasten();
    if (this.state === 'failed') this.#ledger.revive();
  }

  /** Ends the turn of a task if it is the one that runs. Resolves when it is over. */
  async stopTask(task: string, stop: TurnStop): Promise<void> {
    if (this.#asides.has(task)) await this.#asides.stop(task, stop);
    else if (this.#ledger.task?.id === task) await this.#tasks.stop(stop);
  }

  /**
   * Retires the clone: cancels what it has, ends its process. Once at a time, whoever asks.
   * @throws storageFailed: then it goes on serving.
   */
  retire(stop: TurnStop): Promise<void> {
    this.#retiring ??= this.#retire(stop).finally(() => (this.#retiring = undefined));
    return this.#retiring;
  }

  async #retire(stop: TurnStop): Promise<void> {
    if (this.#phase === 'serving') this.#phase = 'retiring';
    this.#alarm.clear();
    this.#talks.refuse(fail('cloneRetired', { clone: this.record.name }));
    try {
      await Promise.all([this.#tasks.stop(stop), this.#asides.stopAll(stop)]);
      await this.#working;
      await this.#process.end('retired');
      this.#ledger.retire(stop);
      this.#pauses.end();
      this.#sleepers.release();
    } catch (error) {
      if (this.#phase === 'retiring') this.#phase = 'serving';
      this.wake();
      throw error;
    }
  }

  /** Ends with the daemon: lets a running turn end first (`drain`), or breaks it off by its clone's policy. */
  async close(drain: boolean): Promise<void> {
    this.#phase = 'closing';
    this.#alarm.clear();
    this.#pauses.end();
    this.#talks.refuse(fail('shuttingDown', {}));
    const asides = this.#asides.close(drain).catch(onUnexpectedError);
    if (!drain) await this.#tasks.abandon();
    if (!drain) this.#talks.hurry();
    await this.#working;
    await this.#tasks.settled();
    await this.#talks.rested();
    await asides;
    await this.#process.end('stopping');
    this.#sleepers.release();
  }

  /** Ends with the daemon and leaves the process to the next one, with the turn that is on unless it is waited for. */
  async leave(drain: boolean): Promise<void> {
    this.#phase = 'closing';
    this.#talks.refuse(fail('shuttingDown', {}));
    this.#sleepers.release();
    const asides = this.#asides.leave(drain).catch(onUnexpectedError);
    if (drain) {
      await this.#working;
      await this.#tasks.settled();
    }
    this.#tasks.leave();
    this.#alarm.clear();
    this.#pauses.end();
    await asides;
  }

  /** Takes tasks until there is none, or until something must be waited for. */
  async #work(): Promise<void> {
    try {
      await this.#shared.ready;
      while (this.#phase === 'serving' && this.state !== 'retired') {
        if (this.#tasks.left) {
          await this.#tasks.finishLeft();
          this.#tasks.release();
          continue;
        }
        if (this.#sleepers.due(this.#talks.turn)) {
          await this.#sleepers.serve(() => this.#rest.end('asked'));
          continue;
        }
        if (this.#talks.wanted) {
          await this.#open();
          continue;
        }
        if (this.state === 'failed' || this.#talks.on) break;
        if (this.view().posture === 'talk') this.#process.settle();
        const delay = this.#outcomes.delay;
        if (delay > 0) return this.#alarm.set(delay, () => this.wake());
        if (this.missing.length > 0 || this.#pauses.look()) break;
        const task = this.#ledger.claim();
        if (!task) break;
        await this.#tasks.run(task);
        this.#tasks.release();
      }
      this.#process.settle();
      this.#rest.begin();
    } catch (error) {
      await this.#giveUp(error).catch(onUnexpectedError);
      this.#alarm.set(retryMs, () => this.wake());
    } finally {
      // In the same step as the last look at the queue, so that no call to wake falls between.
      this.#tasks.release();
      this.#busy = false;
    }
  }

  /**
   * Where the disk refused to note a start, nothing has begun and the task is still queued. Any other
   * failure is a defect of ours, and must not leave the clone stuck: the task fails, the process ends.
   */
  async #giveUp(error: unknown): Promise<void> {
    const incident = randomUUID();
    onUnexpectedError(new Error(`incident ${incident}`, { cause: error }));
    if (!this.#tasks.on || this.#phase === 'closing') return;
    await this.#process.end('posture');
    this.#ledger.abandon(incident);
  }

  /** Gives a process at rest back; the next task starts another on the same conversation. Resolves when it is gone. */
  async giveBack(reason: OffReason): Promise<void> {
    if (this.restful) await this.#process.giveBack(reason);
  }

  #talkObstacle(): KhloneError | undefined {
    if (this.#phase === 'closing') return fail('shuttingDown', {});
    if (this.#phase === 'retiring') return fail('cloneRetired', { clone: this.record.name });
    return this.#ledger.obstacle('talk', this.#supplier.capabilities);
  }

  /** Lets those who wait come to the terminal; opens it where there is none. */
  async #open(): Promise<void> {
    try {
      const obstacle = this.#talkObstacle();
      if (obstacle) throw obstacle;
      const brain = await this.#process.forTalk();
      const { terminal } = brain;
      if (!terminal) throw fail('capabilityMissing', { brain: this.record.brain, capability: 'talk' });
      this.#talks.admit(brain, terminal);
    } catch (error) {
      this.#talks.refuse(
        error instanceof KhloneError ? error : fail('brainError', { reason: String(error) }),
      );
    }
    this.#process.settle();
  }

  /** Changes the state where nobody waits for it; a disk that refuses is asked again later. */
  #guarded(change: () => void): void {
    try {
      change();
    } catch (error) {
      onUnexpectedError(error);
      this.#alarm.set(retryMs, () => this.wake());
    }
  }
}
