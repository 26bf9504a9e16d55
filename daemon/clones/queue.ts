import type { TaskError } from '../../protocol/shapes/task.js';
import type { Transaction } from '../events/log.js';
import type { SandboxKind } from '../sandbox/contract.js';
import { now } from '../store/ids.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import { isEnd, nextTaskStatus, type TaskStep } from './taskMachine.js';
import { taskView } from './views.js';

/** How a task ends, or goes back into the queue. */
export interface TaskEnd {
  readonly step: Exclude<TaskStep, 'start' | 'wait' | 'answered' | 'retry'>;
  readonly result?: { text: string; truncated?: boolean };
  readonly error?: TaskError;
  /** With a step back into the queue: it is not started before, in ms since 1970. */
  readonly notBefore?: number;
  /** With a step back into the queue: nothing of it was done, so that it begins as if for the first time. */
  readonly untouched?: boolean;
}

/** Steps tasks through their states, each with its event, and knows how long every queue is. */
export class TaskQueue {
  readonly #store: Store;
  readonly #lengths: Map<string, number>;

  constructor(store: Store) {
    this.#store = store;
    this.#lengths = store.tasks.queueLengths();
  }

  /** How many tasks wait for a clone, or in a pool. */
  length(target: string): number {
    return this.#lengths.get(target) ?? 0;
  }

  /** Counts a task in or out of its queue, once the change is on disk. An aside is in none. */
  #count(tx: Transaction, task: TaskRecord, by: 1 | -1): void {
    if (task.aside) return;
    const target = task.clone ?? task.who;
    tx.after(() => {
      const length = this.length(target) + by;
      if (length > 0) this.#lengths.set(target, length);
      else this.#lengths.delete(target);
    });
  }

  insert(tx: Transaction, task: Omit<TaskRecord, 'ordinal'>): TaskRecord {
    const record = this.#store.tasks.insert(task);
    return this.#queued(tx, record);
  }

  /** Hands a pool's task to a clone. */
  claim(tx: Transaction, task: TaskRecord, clone: string): TaskRecord {
    const record = { ...task, clone };
    this.#store.tasks.update(record, this.#store.epoch);
    this.#count(tx, task, -1);
    this.#count(tx, record, 1);
    return record;
  }

  /** `sandbox` is what stands around it, of an ask. */
  start(tx: Transaction, task: TaskRecord, sandbox?: SandboxKind): TaskRecord {
    const record: TaskRecord = {
      ...task,
      status: nextTaskStatus(task.status, 'start'),
      attempt: task.attempt + 1,
      epoch: this.#store.epoch,
      sandbox,
      startedAt: now(),
      error: undefined,
      notBefore: undefined,
    };
    this.#store.tasks.update(record, this.#store.epoch);
    this.#store.turns.begin(record.id, record.clone ?? '');
    this.#count(tx, record, -1);
    const { attempt } = record;
    tx.append({
      type: 'task.started',
      task: record.id,
      ...cloneOf(record),
      attempt,
      ...(sandbox && { sandbox }),
    });
    return record;
  }

  /** Takes over a task that an earlier daemon began: from now on that may write nothing of it. */
  takeUp(task: TaskRecord): TaskRecord {
    const record: TaskRecord = { ...task, epoch: this.#store.epoch };
    this.#store.tasks.update(record, this.#store.epoch);
    return record;
  }

  /** Between running and waiting; the clone's own status event tells of it. */
  step(task: TaskRecord, step: 'wait' | 'answered'): TaskRecord {
    const record: TaskRecord = { ...task, status: nextTaskStatus(task.status, step) };
    this.#store.tasks.update(record, this.#store.epoch);
    return record;
  }

  end(tx: Transaction, task: TaskRecord, end: TaskEnd): TaskRecord {
    const status = nextTaskStatus(task.status, end.step);
    const record: TaskRecord = {
      ...task,
      status,
      epoch: this.#store.epoch,
      result: end.result,
      error: end.error && { ...end.error, hint: end.error.hint.replaceAll('<task>', task.id) },
      resumed: end.step === 'requeue' && end.untouched !== true,
      notBefore: end.notBefore,
      finishedAt: isEnd(status) ? now() : undefined,
    };
    this.#store.tasks.update(record, this.#store.epoch);
    this.#store.turns.end(task.id);
    if (task.status === 'queued') this.#count(tx, task, -1);
    if (status === 'queued') this.#count(tx, record, 1);
    const value = taskView(record, this.#store.usage.ofTask(record.id));
    tx.append({
      type: isEnd(status) ? 'task.finished' : 'task.queued',
      task: record.id,
      ...cloneOf(record),
      value,
    });
    return record;
  }

  /** Puts a task back that was started and whose brain was told nothing of it: that was no attempt. */
  putBack(tx: Transaction, task: TaskRecord): TaskRecord {
    const attempt = task.attempt - 1;
    const record: TaskRecord = {
      ...task,
      status: nextTaskStatus(task.status, 'requeue'),
      attempt,
      startedAt: undefined,
    };
    this.#store.tasks.update(record, this.#store.epoch);
    this.#store.turns.end(task.id);
    return this.#queued(tx, record);
  }

  /** Has a task that waits in the queue wait for another time, or no longer for one. */
  postpone(tx: Transaction, task: TaskRecord, to: Pick<TaskEnd, 'notBefore' | 'error'>): TaskRecord {
    const record: TaskRecord = { ...task, notBefore: to.notBefore, error: to.error };
    this.#store.tasks.update(record, this.#store.epoch);
    const value = taskView(record, this.#store.usage.ofTask(record.id));
    tx.append({ type: 'task.queued', task: record.id, ...cloneOf(record), value });
    return record;
  }

  retry(tx: Transaction, task: TaskRecord): TaskRecord {
    const record: TaskRecord = {
      ...task,
      status: nextTaskStatus(task.status, 'retry'),
      result: undefined,
      error: undefined,
      sandbox: undefined,
      resumed: false,
      notBefore: undefined,
      queuedAt: now(),
      startedAt: undefined,
      finishedAt: undefined,
    };
    this.#store.tasks.update(record, this.#store.epoch);
    return this.#queued(tx, record);
  }

  /** Counts and tells of a task that waits from now on. */
  #queued(tx: Transaction, record: TaskRecord): TaskRecord {
    this.#count(tx, record, 1);
    const value = taskView(record, undefined);
    tx.append({ type: 'task.queued', task: record.id, ...cloneOf(record), value });
    return record;
  }
}

function cloneOf(task: TaskRecord): { clone?: string } {
  return task.clone === undefined ? {} : { clone: task.clone };
}
