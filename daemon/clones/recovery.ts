import { fail } from '../../protocol/fail.js';
import type { EventLog } from '../events/log.js';
import { now } from '../store/ids.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import { endByStop } from './ends.js';
import type { TaskQueue } from './queue.js';
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

/** Sets right what an ended daemon left: running tasks by policy, approvals that nobody waits for any more. */
export function recover(parts: { store: Store; log: EventLog; queue: TaskQueue; version: string }): void {
  const { store, log, queue, version } = parts;
  const clones = new Map(store.clones.all().map((clone) => [clone.name, clone]));
  log.commit((tx) => {
    tx.append({ type: 'zone.opened', version });
    for (const approval of store.approvals.list({ status: ['pending'], limit: Number.MAX_SAFE_INTEGER })) {
      const value = { ...approval, status: 'withdrawn' as const, resolvedAt: now() };
      store.approvals.update(value);
      tx.append({
        type: 'approval.resolved',
        clone: value.clone,
        task: value.task,
        approval: value.id,
        value,
      });
    }
    for (const task of store.tasks.live()) {
      queue.end(tx, task, endByStop(stopForDaemon(clones.get(task.clone ?? ''), task)));
    }
  });
}
