import { randomUUID } from 'node:crypto';
import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Clone, Posture } from '../../protocol/shapes/clone.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { ApprovalDesk, Asker } from '../approvals/desk.js';
import type { Brain, BrainSupplier, ModelUsage } from '../brains/contract.js';
import type { EventLog, Transaction } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { CloneRecord } from '../store/cloneTable.js';
import { now } from '../store/ids.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import { addUsage, noUsage, soundUsage } from '../store/usageTable.js';
import { BrainSlot } from './brainSlot.js';
import { type CloneState, type CloneStep, nextCloneState } from './cloneMachine.js';
import { cleanError, cloneFailed, endByStop, endByTurn, errorView, isBroken } from './ends.js';
import type { CloneEnvironment, Variables } from './environment.js';
import { FailureCount } from './failures.js';
import { resumeWords, stopForDaemon } from './recovery.js';
import type { TaskQueue } from './queue.js';
import { specOf } from './spec.js';
import { isEnd } from './taskMachine.js';
import { Turn, type TurnEnd, type TurnStop } from './turn.js';
import { type CloneLiveSide, cloneView } from './views.js';
import { poolsOf } from './who.js';

/** Default time a process stays warm at rest. */
const defaultIdleMs = 15 * 60_000;

/** Pause before a refused write is tried again, in ms. */
const retryMs = 1000;

/** What all runners of a daemon share. */
export interface RunnerShared {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
  readonly desk: ApprovalDesk;
  readonly environment: CloneEnvironment;
  /** Resolves when no process of an earlier daemon holds a conversation any more. */
  readonly ready: Promise<void>;
}

/** Runs one clone: takes its tasks in order, one at a time, on a process that stays warm between them. */
export class CloneRunner {
  readonly #shared: RunnerShared;
  readonly #supplier: BrainSupplier;
  readonly #slot: BrainSlot;
  readonly #failures = new FailureCount();
  #record: CloneRecord;
  #state: CloneState;
  #usage: Usage;
  #task: TaskRecord | undefined;
  #turn: Turn | undefined;
  /** A stop that came while the process was still being started. */
  #early: TurnStop | undefined;
  /** Settles when the task that runs now has ended and that is on disk. */
  #running: Promise<void> = Promise.resolve();
  /** Settles when there is nothing to do for the moment. */
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #retiring: Promise<void> | undefined;
  #phase: 'serving' | 'retiring' | 'closing' = 'serving';

  constructor(
    record: CloneRecord,
    supplier: BrainSupplier,
    shared: RunnerShared & { readonly usage: Usage },
  ) {
    this.#record = record;
    this.#supplier = supplier;
    this.#slot = new BrainSlot(supplier, () => this.#processEnded());
    this.#shared = shared;
    this.#usage = shared.usage;
    this.#state = record.retiredAt !== undefined ? 'retired' : record.failure ? 'failed' : 'off';
  }

  get record(): CloneRecord {
    return this.#record;
  }

  get state(): CloneState {
    return this.#state;
  }

  get supplier(): BrainSupplier {
    return this.#supplier;
  }

  /** Whether it could take a task this instant. */
  get free(): boolean {
    const able = (this.#state === 'off' || this.#state === 'idle') && this.#phase === 'serving';
    const ready = able && !this.#busy && this.#failures.delay(Date.now()) === 0;
    return ready && this.#shared.queue.length(this.#record.name) === 0 && this.missing.length === 0;
  }

  get hasProcess(): boolean {
    return this.#slot.isAlive;
  }

  get missing(): string[] {
    return this.#shared.environment.missing(this.#record);
  }

  /** Why it cannot take a task of this kind now or later, if so. */
  obstacle(kind: TaskKind): KhloneError | undefined {
    const { name: clone, failure, brain } = this.#record;
    if (this.#state === 'retired') return fail('cloneRetired', { clone });
    if (failure) return cloneFailed(clone, failure);
    const { dispatch, ask } = this.#supplier.capabilities;
    if (kind === 'act' ? !dispatch : !ask) return fail('capabilityMissing', { brain, capability: kind });
    const names = this.missing;
    return names.length > 0 ? fail('environmentMissing', { clone, names }) : undefined;
  }

  view(): Clone {
    return cloneView(this.#record, this.#live());
  }

  #live(): CloneLiveSide {
    return {
      status: this.#state,
      posture: this.#postureIn(this.#state),
      queued: this.#shared.queue.length(this.#record.name),
      task: this.#task?.id,
      missing: this.#state === 'retired' ? [] : this.missing,
      usage: this.#usage,
    };
  }

  /** Says that there may be something to do. */
  wake(): void {
    if (this.#busy || this.#phase !== 'serving') return;
    this.#disarm();
    this.#busy = true;
    this.#working = this.#work().catch(onUnexpectedError);
  }

  /** Takes from a client what the clone misses, and goes on if that was all it waited for. */
  supply(environment: Variables, env?: Variables): void {
    if (this.#state === 'retired') return;
    if (this.#shared.environment.supply(this.#record, { environment, env })) this.wake();
  }

  /** Changes what is stored of the clone, with its event. The next task's process is started accordingly. */
  update(change: Partial<CloneRecord>): void {
    const record = { ...this.#record, ...change };
    this.#shared.log.commit((tx) => {
      this.#save(tx, record);
      tx.append({ type: 'clone.updated', clone: record.name, value: cloneView(record, this.#live()) });
    });
    this.wake();
  }

  /** Ends the turn and keeps the conversation; lets a parked clone try again. Resolves when the turn is over. */
  async interrupt(stop: TurnStop): Promise<void> {
    if (this.#state === 'failed') {
      this.#failures.succeeded();
      this.#change('revive', (tx) => this.#save(tx, { ...this.#record, failure: undefined }));
      this.wake();
      return;
    }
    await this.#stopTask(stop);
  }

  /** Ends the turn of a task if it is the one that runs. Resolves when it is over. */
  async stopTask(task: string, stop: TurnStop): Promise<void> {
    if (this.#task?.id === task) await this.#stopTask(stop);
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
    this.#disarm();
    const { store, log, queue } = this.#shared;
    try {
      await this.#stopTask(stop);
      await this.#working;
      await this.#slot.end();
      log.commit((tx) => {
        for (const task of store.tasks.queuedOf(this.#record.name)) queue.end(tx, task, endByStop(stop));
        const to = nextCloneState(this.#state, 'retire');
        const record = { ...this.#record, retiredAt: now() };
        this.#save(tx, record);
        tx.after(() => (this.#state = to));
        const value = cloneView(record, {
          ...this.#live(),
          status: to,
          posture: 'off',
          queued: 0,
          missing: [],
        });
        tx.append({ type: 'clone.retired', clone: record.name, value });
      });
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
    if (!this.#turn) this.#disarm();
    if (!drain && this.#task && this.#turn) await this.#turn.abandon(stopForDaemon(this.#record, this.#task));
    await this.#working;
    await this.#slot.end();
  }

  async #stopTask(stop: TurnStop): Promise<void> {
    if (this.#turn) this.#turn.stop(stop);
    else if (this.#task) this.#early ??= stop;
    if (this.#task) await this.#running;
  }

  /** Takes tasks until there is none, or until something must be waited for. */
  async #work(): Promise<void> {
    try {
      await this.#shared.ready;
      while (this.#phase === 'serving' && this.#state !== 'failed' && this.#state !== 'retired') {
        const delay = this.#failures.delay(Date.now());
        if (delay > 0) return this.#arm(delay, () => this.wake());
        const task = this.missing.length > 0 ? undefined : this.#claim();
        if (!task) break;
        this.#running = this.#run(task);
        await this.#running;
        this.#released();
      }
      if (this.#slot.isAlive)
        this.#arm(this.#record.limits.idleMs ?? defaultIdleMs, () => void this.#slot.end());
    } catch (error) {
      await this.#giveUp(error).catch(onUnexpectedError);
      this.#arm(retryMs, () => this.wake());
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
    const { store, desk, queue } = this.#shared;
    const task = this.#task && store.tasks.get(this.#task.id);
    if (!task || task.status === 'queued' || isEnd(task.status) || this.#phase === 'closing') return;
    await this.#slot.end();
    this.#change('stop', (tx) => {
      desk.withdrawAll(tx, task.id);
      queue.end(tx, task, { step: 'fail', error: errorView(fail('internalError', { incident })) });
    });
  }

  #released(): void {
    this.#task = undefined;
    this.#turn = undefined;
    this.#early = undefined;
  }

  #claim(): TaskRecord | undefined {
    const { store, log, queue } = this.#shared;
    const task = store.tasks.next(this.#record.name, poolsOf(this.#record));
    this.#task =
      task?.clone === undefined && task ? log.commit((tx) => queue.claim(tx, task, this.#record.name)) : task;
    return this.#task;
  }

  async #run(task: TaskRecord): Promise<void> {
    const { store, log, desk, queue } = this.#shared;
    let brain: Brain;
    try {
      brain = await this.#processFor(task);
    } catch (error) {
      return this.#failedToStart(task, error);
    }
    const current = store.tasks.get(task.id);
    if (current?.status !== 'queued' || this.#phase !== 'serving') {
      // Cancelled, or left to the next daemon: the process was started for nothing.
      if (this.#state === 'starting') this.#change(this.#slot.isAlive ? 'rest' : 'stop', () => {});
      return;
    }
    const record = { ...this.#record, usedAt: Date.now() };
    this.#task = this.#change('take', (tx) => {
      this.#save(tx, record);
      return queue.start(tx, current);
    });
    const turn = new Turn({
      brain,
      log,
      desk,
      asker: this.#asker(brain),
      pieces: () => this.#shared.environment.redactPieces(this.#record.name),
      accepted: () => this.#accepted(),
    });
    this.#turn = turn;
    const timeoutMs = task.timeoutMs ?? this.#record.limits.taskTimeoutMs;
    if (timeoutMs !== undefined) {
      this.#arm(timeoutMs, () => turn.stop({ step: 'fail', error: fail('taskTimeout', { timeoutMs }) }));
    }
    turn.begin(task.resumed ? resumeWords(task.say) : task.say);
    if (this.#early) turn.stop(this.#early);
    const end = await turn.ended;
    this.#disarm();
    if (end.outcome.status === 'done') this.#failures.succeeded();
    const parked = isBroken(end) && this.#failures.failed(Date.now());
    await this.#persist(() => this.#finish(end, parked));
  }

  /** The warm process where it fits, else a new one on the same conversation. */
  async #processFor(task: TaskRecord): Promise<Brain> {
    const spec = specOf(this.#record, task.kind, this.#shared.environment.of(this.#record));
    const warm = this.#slot.warm(spec);
    if (warm) return warm;
    this.#change('start', () => {});
    return this.#slot.start(spec);
  }

  #processEnded(): void {
    // In a turn, or while the next process starts, the state is theirs to change.
    if (this.#state !== 'idle') return;
    try {
      this.#change('stop', () => {});
    } catch (error) {
      onUnexpectedError(error);
    }
  }

  async #failedToStart(task: TaskRecord, error: unknown): Promise<void> {
    const known = error instanceof KhloneError ? error : fail('brainError', { reason: String(error) });
    if (known.kind === 'storageFailed') throw known;
    const parked = this.#failures.failed(Date.now());
    await this.#persist(() => {
      const current = this.#shared.store.tasks.get(task.id);
      this.#change(parked ? 'park' : 'stop', (tx) => {
        if (current?.status === 'queued') {
          const error = cleanError(errorView(known), (text) => this.#redact(text));
          this.#shared.queue.end(tx, current, { step: 'fail', error });
        }
        if (parked) this.#park(tx, known);
      });
    });
  }

  #finish(end: TurnEnd, parked: boolean): void {
    const task = this.#task;
    if (!task) return;
    const { store, desk, queue } = this.#shared;
    const { outcome } = end;
    const step = parked ? 'park' : this.#slot.isAlive ? 'rest' : 'stop';
    this.#change(step, (tx) => {
      desk.withdrawAll(tx, task.id);
      if (end.usage.length > 0) this.#addUsage(tx, task.id, end.usage);
      queue.end(
        tx,
        store.tasks.get(task.id) ?? task,
        endByTurn(end, (text) => this.#redact(text)),
      );
      if (parked && outcome.status === 'failed') this.#park(tx, outcome.error);
    });
  }

  #addUsage(tx: Transaction, task: string, models: readonly ModelUsage[]): void {
    const place = { clone: this.#record.name, task };
    const byModel = models.map(({ model, ...used }) => ({ model, ...soundUsage(used) }));
    for (const used of byModel) this.#shared.store.usage.insert({ ...used, ...place, at: now() });
    const usage = byModel.reduce<Usage>(addUsage, noUsage);
    tx.append({ type: 'usage.updated', ...place, usage, byModel });
    tx.after(() => (this.#usage = addUsage(this.#usage, usage)));
  }

  #park(tx: Transaction, last: KhloneError): void {
    const failure = { failures: this.#failures.count, reason: this.#redact(last.message) };
    this.#save(tx, { ...this.#record, failure });
  }

  /** Noted at once: a daemon that is killed now leaves a conversation that can be gone on with. */
  #accepted(): void {
    if (this.#record.begun) return;
    try {
      this.#shared.log.commit((tx) => this.#save(tx, { ...this.#record, begun: true }));
    } catch (error) {
      // The next turn notes it; until then the supplier finds out by itself.
      onUnexpectedError(error);
    }
  }

  #asker(brain: Brain): Asker {
    const record = this.#record;
    let open = 0;
    const step = (tx: Transaction, step: 'wait' | 'answered'): void => {
      const task = this.#shared.store.tasks.get(this.#task?.id ?? '');
      if (!task) return;
      const stepped = this.#shared.queue.step(task, step);
      tx.after(() => (this.#task = stepped));
      this.#step(tx, step);
    };
    return {
      clone: record.name,
      task: this.#task?.id ?? '',
      policy: record.approvals,
      timeoutMs: record.limits.approvalTimeoutMs,
      redact: (value) => this.#redact(value),
      opened: (tx) => {
        if (open === 0) step(tx, 'wait');
        tx.after(() => (open += 1));
      },
      resolved: (tx, request, decision) => {
        if (open === 1) step(tx, 'answered');
        tx.after(() => (open -= 1));
        if (decision === 'allowAlways' && request.kind === 'tool') {
          const grants = [...new Set([...this.#record.grants, ...request.grants])];
          this.#save(tx, { ...this.#record, grants });
        }
      },
      deliver: (request, answer) => brain.respond(request.request, answer),
    };
  }

  /** One step of the clone's state, with whatever belongs to it, as one transaction. */
  #change<T>(step: CloneStep, work: (tx: Transaction) => T): T {
    return this.#shared.log.commit((tx) => {
      const result = work(tx);
      this.#step(tx, step);
      return result;
    });
  }

  #step(tx: Transaction, step: CloneStep): void {
    const status = nextCloneState(this.#state, step);
    if (status === this.#state) return;
    const working = status === 'working' || status === 'waiting';
    tx.append({
      type: 'clone.status',
      clone: this.#record.name,
      status,
      posture: this.#postureIn(status),
      ...(working && this.#task && { task: this.#task.id }),
    });
    tx.after(() => (this.#state = status));
  }

  #save(tx: Transaction, record: CloneRecord): void {
    this.#shared.store.clones.update(record);
    tx.after(() => (this.#record = record));
  }

  #postureIn(state: CloneState): Posture {
    if (state === 'off' || state === 'failed' || state === 'retired') return 'off';
    return this.#task?.kind ?? this.#slot.posture ?? 'off';
  }

  /** Writes what must not be lost, again and again until the disk takes it. */
  async #persist(write: () => void): Promise<void> {
    for (;;) {
      try {
        return write();
      } catch (error) {
        onUnexpectedError(error);
        // At the end the next daemon sets it right; what is no disk's fault would fail again.
        if (this.#phase === 'closing' || !(error instanceof KhloneError && error.kind === 'storageFailed'))
          throw error;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  #redact<T>(value: T): T {
    return this.#shared.environment.redact(this.#record.name, value);
  }

  #arm(ms: number, fire: () => void): void {
    this.#disarm();
    this.#timer = setTimeout(fire, ms);
    this.#timer.unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
