import { randomUUID } from 'node:crypto';
import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Clone } from '../../protocol/shapes/clone.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { Brain, BrainSupplier } from '../brains/contract.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { retryMs } from '../store/retry.js';
import type { TaskRecord } from '../store/taskTable.js';
import { Alarm } from './alarm.js';
import { askerOf } from './asker.js';
import { BrainSlot } from './brainSlot.js';
import type { CloneState } from './cloneMachine.js';
import { isBroken } from './ends.js';
import type { Variables } from './environment.js';
import { FailureCount } from './failures.js';
import { CloneLedger, type LedgerShared } from './ledger.js';
import { persist } from './persist.js';
import { resumeWords, stopForDaemon } from './recovery.js';
import { specOf } from './spec.js';
import type { TalkHold, TalkWish } from './talk.js';
import type { Terminal } from '../streams/contract.js';
import { Turn, type TurnEnd, type TurnStop } from './turn.js';

/** Default time a process stays warm at rest. */
const defaultIdleMs = 15 * 60_000;

/** What all runners of a daemon share. */
export interface RunnerShared extends LedgerShared {
  /** Resolves when no process of an earlier daemon holds a conversation any more. */
  readonly ready: Promise<void>;
}

/** Runs one clone: takes its tasks in order, one at a time, on a process that stays warm between them. */
export class CloneRunner {
  readonly #shared: RunnerShared;
  readonly #supplier: BrainSupplier;
  readonly #slot: BrainSlot;
  readonly #ledger: CloneLedger;
  readonly #failures = new FailureCount();
  /** The next try, the end of a task's time, or the end of a process at rest: never two of them at once. */
  readonly #alarm = new Alarm();
  #turn: Turn | undefined;
  /** A stop that came while the process was still being started. */
  #early: TurnStop | undefined;
  /** Settles when the task that runs now has ended and that is on disk. */
  #running: Promise<void> = Promise.resolve();
  /** Settles when there is nothing to do for the moment. */
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #retiring: Promise<void> | undefined;
  #phase: 'serving' | 'retiring' | 'closing' = 'serving';

  constructor(
    record: CloneRecord,
    supplier: BrainSupplier,
    shared: RunnerShared & { readonly usage: Usage },
  ) {
    this.#supplier = supplier;
    this.#shared = shared;
    this.#slot = new BrainSlot(supplier, () => this.#processEnded());
    const { usage } = shared;
    this.#ledger = new CloneLedger({ record, usage, shared, posture: () => this.#slot.posture });
  }

  get record(): CloneRecord {
    return this.#ledger.record;
  }

  get state(): CloneState {
    return this.#ledger.state;
  }

  /** Whether it could take a task this instant. */
  get free(): boolean {
    const able = (this.state === 'off' || this.state === 'idle') && this.#phase === 'serving';
    const ready = able && !this.#busy && this.#failures.delay(Date.now()) === 0;
    return ready && this.#shared.queue.length(this.record.name) === 0 && this.missing.length === 0;
  }

  get hasProcess(): boolean {
    return this.#slot.isAlive;
  }

  get missing(): string[] {
    return this.#shared.environment.missing(this.record);
  }

  /** Why it cannot take a task of this kind now or later, if so. */
  obstacle(kind: TaskKind): KhloneError | undefined {
    return this.#ledger.obstacle(kind, this.#supplier.capabilities);
  }

  view(): Clone {
    return this.#ledger.view();
  }

  /** Says that there may be something to do. */
  wake(): void {
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
    this.wake();
  }

  /** Ends the turn and keeps the conversation; lets a parked clone try again. Resolves when the turn is over. */
  async interrupt(stop: TurnStop): Promise<void> {
    if (this.state === 'failed') {
      this.#failures.forgive();
      this.#ledger.revive();
      this.wake();
      return;
    }
    await this.#stopTask(stop);
  }

  /** Ends the turn of a task if it is the one that runs. Resolves when it is over. */
  async stopTask(task: string, stop: TurnStop): Promise<void> {
    if (this.#ledger.task?.id === task) await this.#stopTask(stop);
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
    try {
      await this.#stopTask(stop);
      await this.#working;
      await this.#slot.end();
      this.#ledger.retire(stop);
    } catch (error) {
      if (this.#phase === 'retiring') this.#phase = 'serving';
      this.wake();
      throw error;
    }
  }

  /** Ends with the daemon: lets a running turn end first (`drain`), or breaks it off by its clone's policy. */
  async close(drain: boolean): Promise<void> {
    this.#phase = 'closing';
    // A turn that is waited for keeps its time limit.
    if (!this.#turn) this.#alarm.clear();
    const { task } = this.#ledger;
    if (!drain && task && this.#turn) await this.#turn.abandon(stopForDaemon(this.record, task));
    await this.#working;
    await this.#slot.end();
  }

  /** The terminal its process runs in, if it does. */
  get terminal(): Terminal | undefined {
    return undefined;
  }

  /**
   * Comes to the clone's terminal, and opens it where there is none.
   * @throws capabilityMissing, cloneBusy, cloneFailed, cloneRetired, environmentMissing, brainMissing, cancelled
   */
  talk(_wish: TalkWish): Promise<TalkHold> {
    return Promise.reject(fail('capabilityMissing', { brain: this.record.brain, capability: 'talk' }));
  }

  /** Ends the process and keeps the conversation. Resolves when it is gone. */
  async hibernate(_how: { readonly now: boolean }): Promise<void> {
    await this.#slot.end();
  }

  async #stopTask(stop: TurnStop): Promise<void> {
    if (this.#turn) this.#turn.stop(stop);
    else if (this.#ledger.task) this.#early ??= stop;
    if (this.#ledger.task) await this.#running;
  }

  /** Takes tasks until there is none, or until something must be waited for. */
  async #work(): Promise<void> {
    try {
      await this.#shared.ready;
      while (this.#phase === 'serving' && this.state !== 'failed' && this.state !== 'retired') {
        const delay = this.#failures.delay(Date.now());
        if (delay > 0) return this.#alarm.set(delay, () => this.wake());
        const task = this.missing.length > 0 ? undefined : this.#ledger.claim();
        if (!task) break;
        this.#running = this.#run(task);
        await this.#running;
        this.#released();
      }
      this.#settle();
      if (this.#slot.isAlive)
        this.#alarm.set(this.record.limits.idleMs ?? defaultIdleMs, () => void this.#slot.end());
    } catch (error) {
      await this.#giveUp(error).catch(onUnexpectedError);
      this.#alarm.set(retryMs, () => this.wake());
    } finally {
      // In the same step as the last look at the queue, so that no call to wake falls between.
      this.#released();
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
    if (!this.#turn || this.#phase === 'closing') return;
    await this.#slot.end();
    this.#ledger.abandon(incident);
  }

  /** A process that was started for nothing is at rest, and one that has ended unnoted is off. */
  #settle(): void {
    const alive = this.#slot.isAlive;
    if (this.state === 'starting') this.#ledger.change(alive ? 'rest' : 'stop', () => {});
    else if (this.state === 'idle' && !alive) this.#ledger.change('stop', () => {});
  }

  #released(): void {
    this.#ledger.release();
    this.#turn = undefined;
    this.#early = undefined;
  }

  async #run(task: TaskRecord): Promise<void> {
    const { log, desk, environment } = this.#shared;
    const ledger = this.#ledger;
    let brain: Brain;
    try {
      brain = await this.#processFor(task);
    } catch (error) {
      return this.#failedToStart(error);
    }
    // Cancelled, or left to the next daemon.
    if (!ledger.stillQueued() || this.#phase !== 'serving') return;
    ledger.start();
    const turn = new Turn({
      brain,
      log,
      desk,
      asker: askerOf(ledger, brain),
      pieces: () => environment.redactPieces(this.record.name),
      accepted: () => ledger.begun(),
    });
    this.#turn = turn;
    const timeoutMs = task.timeoutMs ?? this.record.limits.taskTimeoutMs;
    if (timeoutMs !== undefined) {
      this.#alarm.set(timeoutMs, () =>
        turn.stop({ step: 'fail', error: fail('taskTimeout', { timeoutMs }) }),
      );
    }
    turn.begin(task.resumed ? resumeWords(task.say) : task.say);
    if (this.#early) turn.stop(this.#early);
    const end = await turn.ended;
    this.#alarm.clear();
    await this.#finish(end);
  }

  /** The warm process where it fits, else a new one on the same conversation. */
  async #processFor(task: TaskRecord): Promise<Brain> {
    const spec = specOf(this.record, task.kind, this.#shared.environment.of(this.record));
    const warm = this.#slot.warm(spec);
    if (!warm) this.#ledger.change('start', () => {});
    return warm ?? this.#slot.start(spec);
  }

  #processEnded(): void {
    // In a turn, or while the next process starts, the state is theirs to change.
    if (this.state !== 'idle') return;
    try {
      this.#settle();
    } catch (error) {
      onUnexpectedError(error);
      this.#alarm.set(retryMs, () => this.wake());
    }
  }

  async #failedToStart(error: unknown): Promise<void> {
    const known = error instanceof KhloneError ? error : fail('brainError', { reason: String(error) });
    if (known.kind === 'storageFailed') throw known;
    const parked = this.#countFailure();
    await this.#persist(() => this.#ledger.failToStart(known, parked));
  }

  async #finish(end: TurnEnd): Promise<void> {
    if (end.outcome.status === 'done') this.#failures.succeeded();
    const parked = isBroken(end) ? this.#countFailure() : undefined;
    await this.#persist(() =>
      this.#ledger.finish(end, { step: this.#slot.isAlive ? 'rest' : 'stop', parked }),
    );
  }

  /** Counts once, however often it takes to write it down; the number of failures if they park the clone. */
  #countFailure(): number | undefined {
    return this.#failures.failed(Date.now()) ? this.#failures.count : undefined;
  }

  #persist(write: () => void): Promise<void> {
    return persist(write, () => this.#phase === 'closing');
  }
}
