import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Clone, CloneStatus, OffReason, Posture } from '../../protocol/shapes/clone.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { BudgetDesk } from '../approvals/budgetDesk.js';
import type { ApprovalDesk } from '../approvals/desk.js';
import type { BrainCapabilities, ModelUsage, Place } from '../brains/contract.js';
import { cut, maxErrorLength } from '../events/cut.js';
import type { EventLog, Transaction } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { SandboxKind } from '../sandbox/contract.js';
import { now } from '../store/ids.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { TurnProgress } from '../store/turnTable.js';
import { addUsage, noUsage, soundUsage } from '../store/usageTable.js';
import { type CloneState, type CloneStep, nextCloneState, statusOf } from './cloneMachine.js';
import { cleanError, endByStop, endByTurn, errorView } from './ends.js';
import type { ZoneSettings } from '../zone/settings.js';
import type { CloneEnvironment } from './environment.js';
import { obstacleOf } from './obstacle.js';
import type { TaskQueue } from './queue.js';
import { isEnd } from './taskMachine.js';
import type { TurnEnd, TurnStop } from './turn.js';
import { type CloneLiveSide, cloneView } from './views.js';
import { poolsOf } from './who.js';
import type { ZoneWatch } from './zoneWatch.js';

/** What all ledgers of a daemon share. */
export interface LedgerShared {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
  readonly desk: ApprovalDesk;
  readonly budgets: BudgetDesk;
  readonly environment: CloneEnvironment;
  readonly zone: Pick<ZoneWatch, 'look' | 'ridden'>;
  readonly settings: ZoneSettings;
}

/** What a ledger begins with. */
export interface LedgerParts {
  readonly record: CloneRecord;
  readonly usage: Usage;
  readonly shared: LedgerShared;
  /** The one kind of a pool's tasks it can take, if there is only one. */
  readonly only: TaskKind | undefined;
  /** The posture of the process there is. */
  readonly posture: () => Posture | undefined;
}

/**
 * What is known of one clone: its record, its state, its task in hand and what it used. Each change is
 * one transaction with the events that tell of it; what is held here changes only once it is on disk.
 */
export class CloneLedger {
  readonly #shared: LedgerShared;
  readonly #only: TaskKind | undefined;
  readonly #posture: () => Posture | undefined;
  #record: CloneRecord;
  #state: CloneState;
  #usage: Usage;
  #task: TaskRecord | undefined;
  /** The posture that was told last. */
  #told: Posture = 'off';

  constructor({ record, usage, shared, only, posture }: LedgerParts) {
    this.#record = record;
    this.#usage = usage;
    this.#shared = shared;
    this.#only = only;
    this.#posture = posture;
    this.#state = record.retiredAt !== undefined ? 'retired' : record.failure ? 'failed' : 'off';
  }

  get record(): CloneRecord {
    return this.#record;
  }

  get state(): CloneState {
    return this.#state;
  }

  /** Its state as clients see it. */
  get status(): CloneStatus {
    return statusOf(this.#state);
  }

  /** The task in hand, from its claim until it is released. */
  get task(): TaskRecord | undefined {
    return this.#task;
  }

  /** Why the clone cannot take a task of this kind, an aside, or be talked to, now or later, if so. */
  obstacle(kind: TaskKind | 'talk' | 'aside', capabilities: BrainCapabilities): KhloneError | undefined {
    const missing = this.#shared.environment.missing(this.#record);
    return obstacleOf(kind, { record: this.#record, capabilities, missing });
  }

  view(): Clone {
    return cloneView(this.#record, this.#live());
  }

  /** One step of the clone's state, with whatever belongs to it; `reason` says why its process is gone. */
  change<T>(step: CloneStep, work: (tx: Transaction) => T, reason?: OffReason): T {
    return this.#shared.log.commit((tx) => {
      const result = work(tx);
      this.#step(tx, step, reason);
      return result;
    });
  }

  update(change: Partial<CloneRecord>): void {
    const record = { ...this.#record, ...change };
    this.#shared.log.commit((tx) => {
      this.#save(tx, record);
      tx.append({ type: 'clone.updated', clone: record.name, value: cloneView(record, this.#live()) });
    });
  }

  /**
   * Goes on with another conversation; false where it is another clone's.
   * @throws storageFailed
   */
  move(conversation: string, begun: boolean): boolean {
    const { name } = this.#record;
    const taken = this.#shared.store.clones
      .all()
      .some((other) => other.name !== name && !other.retiredAt && other.conversation === conversation);
    if (!taken) this.update({ conversation, begun });
    return !taken;
  }

  /** Lets a parked clone try again. */
  revive(): void {
    this.change('revive', (tx) => this.#save(tx, { ...this.#record, failure: undefined }));
  }

  /**
   * Notes that a brain has taken up a turn of the conversation: at once, so that a daemon that is killed
   * now leaves one that can be gone on with. Never throws.
   */
  begun(): void {
    if (this.#record.begun) return;
    try {
      this.#shared.log.commit((tx) => this.#save(tx, { ...this.#record, begun: true }));
    } catch (error) {
      // The next turn notes it; until then the supplier finds out by itself.
      onUnexpectedError(error);
    }
  }

  /** The task it takes next, its own or one of its pools'. */
  next(): TaskRecord | undefined {
    return this.#shared.store.tasks.next(this.#record.name, poolsOf(this.#record), this.#only);
  }

  /** Takes the next task in hand. */
  claim(): TaskRecord | undefined {
    const { log, queue } = this.#shared;
    const next = this.next();
    this.#task =
      next &&
      (next.clone === undefined ? log.commit((tx) => queue.claim(tx, next, this.#record.name)) : next);
    return this.#task;
  }

  release(): void {
    this.#task = undefined;
  }

  /** Whether the task in hand still waits: it can be cancelled up to its start. */
  stillQueued(): boolean {
    return this.#stored()?.status === 'queued';
  }

  /** The process takes the task in hand; `sandbox` stands around it, where it is an ask. */
  start(sandbox: SandboxKind | undefined): void {
    const task = this.#stored();
    if (!task) return;
    this.#task = this.change('take', (tx) => {
      this.#save(tx, { ...this.#record, usedAt: Date.now() });
      return this.#shared.queue.start(tx, task, task.kind === 'ask' ? (sandbox ?? 'none') : undefined);
    });
  }

  /**
   * Takes in hand a task that an earlier daemon began, with its process.
   * @throws storageFailed
   */
  takeUp(task: TaskRecord): void {
    this.#task = task;
    try {
      const step = task.status === 'waiting' ? 'rideWaiting' : 'ride';
      this.#task = this.change(step, () => this.#shared.queue.takeUp(task));
    } catch (error) {
      this.#task = undefined;
      throw error;
    }
  }

  /** As `takeUp`, of a task whose brain was told nothing of it yet: a process is being started for it. @throws storageFailed */
  takeAgain(task: TaskRecord): void {
    this.#task = this.#shared.log.commit(() => this.#shared.queue.takeUp(task));
  }

  /** The process that was started takes a task in hand that has begun already. */
  again(): void {
    this.change('take', () => {});
  }

  /** Notes how far the turn of the task in hand has come. @throws storageFailed */
  note(progress: TurnProgress): void {
    const task = this.#task?.id;
    if (task !== undefined)
      this.#shared.store.transact(() => this.#shared.store.turns.advance(task, progress));
  }

  /** Notes up to where what its brain said is told; inside the transaction that tells it. */
  noteTold(place: Place): void {
    if (this.#task) this.#shared.store.turns.tell(this.#task.id, place);
  }

  /** Notes that the turn of the task in hand is to end. Never throws: a disk that refuses must not keep it going. */
  noteStop({ step, error: { kind, details } }: TurnStop): void {
    const task = this.#task?.id;
    if (task === undefined) return;
    try {
      this.#shared.store.transact(() => this.#shared.store.turns.stop(task, { step, kind, details }));
    } catch (error) {
      onUnexpectedError(error);
    }
  }

  /** Whether the task in hand waits for a human follows what is known of its brain. @throws storageFailed */
  waits(waits: boolean): void {
    const waiting = this.#stored()?.status === 'waiting';
    if (waits !== waiting) this.#shared.log.commit((tx) => this.ask(tx, waits ? 'wait' : 'answered'));
  }

  /** The brain of the task in hand waits for a human, or no longer does. */
  ask(tx: Transaction, step: 'wait' | 'answered'): void {
    const task = this.#stored();
    if (!task) return;
    const stepped = this.#shared.queue.step(task, step);
    tx.after(() => (this.#task = stepped));
    this.#step(tx, step);
  }

  /** Notes rules that were granted for the clone's life. */
  grant(tx: Transaction, rules: readonly string[]): void {
    this.#save(tx, { ...this.#record, grants: [...new Set([...this.#record.grants, ...rules])] });
  }

  /** The turn of the task in hand is over. `parked` is the number of failures that park the clone. */
  finish(end: TurnEnd, how: { readonly step: 'rest' | 'stop'; readonly parked: number | undefined }): void {
    const task = this.#stored();
    if (!task) return;
    const { desk, queue } = this.#shared;
    const { outcome, usage } = end;
    const { step, parked } = how;
    this.change(parked === undefined ? step : 'park', (tx) => {
      desk.withdrawAll(tx, task.id);
      if (usage.length > 0) this.addUsage(tx, task.id, usage);
      const clean = (text: string): string => this.redact(text);
      queue.end(tx, task, endByTurn(end, clean, this.#record.limits));
      if (parked !== undefined && outcome.status === 'failed') this.#park(tx, parked, outcome.error);
    });
  }

  /** No process could be started for the task in hand. `parked` as in `finish`. */
  failToStart(error: KhloneError, parked: number | undefined): void {
    const task = this.#stored();
    this.change(parked === undefined ? 'stop' : 'park', (tx) => {
      if (task && !isEnd(task.status)) {
        const clean = cleanError(errorView(error), (text) => this.redact(text));
        this.#shared.queue.end(tx, task, { step: 'fail', error: clean });
      }
      if (parked !== undefined) this.#park(tx, parked, error);
    });
  }

  /** Ends the task in hand after a defect of ours; its process is gone. */
  abandon(incident: string): void {
    const task = this.#stored();
    if (!task || isEnd(task.status)) return;
    const { desk, queue } = this.#shared;
    this.change('stop', (tx) => {
      desk.withdrawAll(tx, task.id);
      queue.end(tx, task, { step: 'fail', error: errorView(fail('internalError', { incident })) });
    });
  }

  /** The clone is out of service for good; what waits for it ends. */
  retire(stop: TurnStop): void {
    const { store, log, queue } = this.#shared;
    log.commit((tx) => {
      this.#shared.budgets.withdraw(tx, this.#record.name);
      for (const task of store.tasks.queuedOf(this.#record.name)) queue.end(tx, task, endByStop(stop));
      const state = nextCloneState(this.#state, 'retire');
      const record = { ...this.#record, retiredAt: now() };
      this.#save(tx, record);
      tx.after(() => (this.#state = state));
      const live = {
        ...this.#live(),
        status: statusOf(state),
        posture: 'off' as const,
        queued: 0,
        missing: [],
      };
      tx.append({ type: 'clone.retired', clone: record.name, value: cloneView(record, live) });
    });
  }

  redact<T>(value: T): T {
    return this.#shared.environment.redact(this.#record.name, value);
  }

  /** The task in hand as it is on disk. */
  #stored(): TaskRecord | undefined {
    return this.#task && this.#shared.store.tasks.get(this.#task.id);
  }

  #live(): CloneLiveSide {
    return {
      status: statusOf(this.#state),
      posture: this.#postureIn(this.#state),
      queued: this.#shared.queue.length(this.#record.name),
      task: this.#task?.id,
      missing: this.#state === 'retired' ? [] : this.#shared.environment.missing(this.#record),
      usage: this.#usage,
    };
  }

  #postureIn(state: CloneState): Posture {
    switch (state) {
      case 'off':
      case 'left':
      case 'failed':
      case 'retired':
        return 'off';
      case 'starting':
        // Without a task it is started for its terminal.
        return this.#task?.kind ?? 'talk';
      case 'idle':
      case 'paused':
        return this.#posture() ?? 'off';
      case 'working':
      case 'waiting':
        return this.#task?.kind ?? 'off';
      case 'talking':
      case 'asking':
        return 'talk';
    }
  }

  #step(tx: Transaction, step: CloneStep, reason?: OffReason): void {
    const state = nextCloneState(this.#state, step);
    const posture = this.#postureIn(state);
    if (state === this.#state && posture === this.#told) return;
    const working = state === 'working' || state === 'waiting';
    tx.append({
      type: 'clone.status',
      clone: this.#record.name,
      status: statusOf(state),
      posture,
      ...(working && this.#task && { task: this.#task.id }),
      ...(reason && { reason }),
    });
    tx.after(() => {
      this.#state = state;
      this.#told = posture;
    });
  }

  #save(tx: Transaction, record: CloneRecord): void {
    this.#shared.store.clones.update(record);
    tx.after(() => (this.#record = record));
  }

  #park(tx: Transaction, failures: number, last: KhloneError): void {
    this.#save(tx, {
      ...this.#record,
      failure: { failures, reason: cut(this.redact(last.message), maxErrorLength).text },
    });
  }

  /** Counts what a task of the clone has used. */
  addUsage(tx: Transaction, task: string, models: readonly ModelUsage[]): void {
    const place = { clone: this.#record.name, task };
    const byModel = models.map(({ model, ...used }) => ({ model, ...soundUsage(used) }));
    for (const used of byModel) this.#shared.store.usage.insert({ ...used, ...place, at: now() });
    const usage = byModel.reduce<Usage>(addUsage, noUsage);
    tx.append({ type: 'usage.updated', ...place, usage, byModel });
    tx.after(() => (this.#usage = addUsage(this.#usage, usage)));
  }
}
