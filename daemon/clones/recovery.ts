import { fail } from '../../protocol/fail.js';
import type { ErrorDetails, ErrorKind } from '../../protocol/generated/errors.js';
import type { Approval } from '../../protocol/shapes/approval.js';
import type { EventLog, Transaction } from '../events/log.js';
import { now } from '../store/ids.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { StoredStop, TurnRecord } from '../store/turnTable.js';
import { endByStop, errorView } from './ends.js';
import type { TaskEnd, TaskQueue } from './queue.js';
import { isEnd } from './taskMachine.js';
import type { TurnStop } from './turn.js';

/** How often a task is started at most where its clone's policy is to resume. */
const maxAttempts = 3;

/** What a brain is told when a task goes on that a daemon's end broke off. */
export function resumeWords(say: string): string {
  return `Your process ended in the middle of the following task. Look at what is done already and go on from there.\n\n${say}`;
}

/** How the end of the daemon ends a running task: by its clone's declared policy, never rerun in silence. */
export function stopForDaemon(clone: CloneRecord | undefined, task: TaskRecord): TurnStop {
  const error = fail('taskInterrupted', { reason: 'the daemon ended while it ran' });
  if (clone?.limits.recovery !== 'resume') return { step: 'interrupt', error };
  return { step: task.attempt < maxAttempts ? 'requeue' : 'park', error };
}

/** What a recovery works with. */
export interface RecoveryParts {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
}

/**
 * Opens the epoch, and sets right what an ended daemon left and nobody can go on with: running tasks by policy, approvals
 * that nobody waits for any more. Tasks whose turns were noted are left to `breakOff`, or to whoever goes on with them.
 */
export function recover(parts: RecoveryParts & { readonly version: string }): void {
  const { store, log, version } = parts;
  const noted = new Set(store.turns.all().map(({ task }) => task));
  log.commit((tx) => {
    tx.append({ type: 'zone.opened', version });
    const pending = store.approvals.list({ status: ['pending'], limit: Number.MAX_SAFE_INTEGER });
    for (const approval of pending) {
      // For a budget no brain waits.
      if (approval.kind !== 'budget' && !noted.has(approval.task)) withdraw(parts, tx, approval);
    }
    for (const task of store.tasks.live()) if (!noted.has(task.id)) end(parts, tx, { task });
  });
}

/**
 * Ends a task whose turn no daemon can go on with: as somebody has asked for, else by its clone's policy.
 * @throws storageFailed
 */
export function breakOff(parts: RecoveryParts, { task: id, stop, progress }: TurnRecord): void {
  const { store, log, queue } = parts;
  const task = store.tasks.get(id);
  log.commit((tx) => {
    for (const approval of store.approvals.pendingOf(id)) withdraw(parts, tx, approval);
    if (!task || isEnd(task.status)) return store.turns.end(id);
    if (task.aside && !stop) return queue.end(tx, task, asideAgain(task));
    // Nothing was begun: there is nothing to go on with, and no attempt was made.
    if (progress.state !== 'unsent' || stop) end(parts, tx, { task, stop: stop && stopOf(stop) });
    else queue.putBack(tx, task);
  });
}

/** How an aside goes on that a daemon's end broke off: anew, as it has changed nothing and nobody goes on with its words. */
function asideAgain({ attempt }: TaskRecord): TaskEnd {
  const error = errorView(fail('taskInterrupted', { reason: 'the daemon ended while it ran' }));
  return attempt < maxAttempts ? { step: 'requeue', untouched: true } : { step: 'park', error };
}

/** A stop as it was written down. */
export function stopOf({ step, kind, details }: StoredStop): TurnStop {
  return {
    step: step as TurnStop['step'],
    error: fail(kind as ErrorKind, details as ErrorDetails<ErrorKind>),
  };
}

function end(
  { store, queue }: RecoveryParts,
  tx: Transaction,
  { task, stop }: { readonly task: TaskRecord; readonly stop?: TurnStop | undefined },
): void {
  const clone = task.clone === undefined ? undefined : store.clones.get(task.clone);
  queue.end(tx, task, endByStop(stop ?? stopForDaemon(clone, task)));
}

function withdraw({ store }: RecoveryParts, tx: Transaction, approval: Approval): void {
  const value = { ...approval, status: 'withdrawn' as const, resolvedAt: now() };
  store.approvals.update(value);
  const { clone, task, id } = value;
  tx.append({ type: 'approval.resolved', clone, task, approval: id, value });
}
