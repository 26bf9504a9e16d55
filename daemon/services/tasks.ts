import { fail } from '../../protocol/fail.js';
import type { Task } from '../../protocol/shapes/task.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { Intake } from '../clones/intake.js';
import type { TaskQueue } from '../clones/queue.js';
import { canStep, isEnd } from '../clones/taskMachine.js';
import { taskView } from '../clones/views.js';
import type { EventLog } from '../events/log.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import { errorView } from '../clones/ends.js';
import { pageOf } from './page.js';
import type { Service } from './parts.js';
import type { TaskEnds } from './taskEnds.js';

/** What the tasks' handlers work with. */
export interface TaskParts {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
  readonly directory: CloneDirectory;
  readonly intake: Intake;
  readonly ends: TaskEnds;
}

/** Reads, awaits, cancels and retries tasks. */
export function taskService(
  parts: TaskParts,
): Service<'task/get' | 'task/list' | 'task/wait' | 'task/cancel' | 'task/retry'> {
  const { store, log, queue, directory, intake, ends } = parts;

  const find = (task: string): TaskRecord => {
    const record = store.tasks.get(task);
    if (!record) throw fail('taskNotFound', { task });
    return record;
  };
  const view = (record: TaskRecord): Task => taskView(record, store.usage.ofTask(record.id));

  return {
    async 'task/get'({ task }) {
      return view(find(task));
    },

    async 'task/list'({ who, status, kind, limit = 100, before }) {
      const clones = who === undefined ? undefined : directory.names(who);
      const found = store.tasks.list({
        ...(clones && who !== undefined && { clones, pool: who }),
        ...(status && { status }),
        ...(kind && { kind }),
        ...(before !== undefined && { before: find(before).ordinal }),
        limit: limit + 1,
      });
      const { items, more } = pageOf(found.map(view), limit, (task) => JSON.stringify(task).length);
      const last = items.at(-1);
      return { tasks: items, ...(last && more && { next: last.id }) };
    },

    async 'task/wait'({ task, timeoutMs }, { signal, environment }) {
      const { clone = '' } = find(task);
      // Who waits for it, over the end of a daemon too, may bring what a restart took from its clone.
      directory.get(clone)?.supply(environment);
      if (!isEnd(find(task).status)) await ends.wait(task, { signal, timeoutMs });
      return view(find(task));
    },

    async 'task/cancel'({ task }) {
      const record = find(task);
      if (!canStep(record.status, 'cancel')) throw fail('taskFinished', { task, status: record.status });
      const error = fail('taskCancelled', { reason: 'a client asked for it' });
      if (record.status === 'queued') {
        const ended = log.commit((tx) => queue.end(tx, record, { step: 'cancel', error: errorView(error) }));
        // It may have held the next one up.
        directory.get(record.clone ?? '')?.wake();
        return view(ended);
      }
      await directory.get(record.clone ?? '')?.stopTask(task, { step: 'cancel', error });
      return view(find(task));
    },

    async 'task/retry'({ task }, { environment }) {
      const record = find(task);
      if (!canStep(record.status, 'retry')) throw fail('taskNotRetryable', { task, status: record.status });
      return view(intake.retry(record, environment));
    },
  };
}
