import type { TaskStatus } from '../../protocol/shapes/task.js';

/** What moves a task from state to state. */
export type TaskStep =
  | 'start'
  | 'wait'
  | 'answered'
  | 'done'
  | 'fail'
  | 'cancel'
  | 'interrupt'
  /** Its attempts are used up: only a human starts it again. */
  | 'park'
  /** Its run was broken off and its clone's policy is to resume. */
  | 'requeue'
  | 'retry';

const ends: Partial<Record<TaskStep, TaskStatus>> = {
  done: 'done',
  fail: 'failed',
  cancel: 'cancelled',
  interrupt: 'interrupted',
  park: 'parked',
  requeue: 'queued',
};
const retried: Partial<Record<TaskStep, TaskStatus>> = { retry: 'queued' };

const table: Readonly<Record<TaskStatus, Partial<Record<TaskStep, TaskStatus>>>> = {
  queued: { start: 'running', cancel: 'cancelled', fail: 'failed' },
  running: { wait: 'waiting', ...ends },
  waiting: { answered: 'running', ...ends },
  done: {},
  failed: retried,
  cancelled: retried,
  interrupted: retried,
  parked: retried,
};

/** Whether a task in this state has ended. */
export function isEnd(status: TaskStatus): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'waiting';
}

/** Whether the table has this step. */
export function canStep(from: TaskStatus, step: TaskStep): boolean {
  return table[from][step] !== undefined;
}

/**
 * The state after a step.
 * @throws when the table has no such step: callers ask `canStep` first where a client may be wrong.
 */
export function nextTaskStatus(from: TaskStatus, step: TaskStep): TaskStatus {
  const to = table[from][step];
  if (to === undefined) throw new Error(`a task that is ${from} cannot ${step}`);
  return to;
}
