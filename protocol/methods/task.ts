import { z } from 'zod';
import { request } from '../row.js';
import { durationMs, meta, TaskId, Who } from '../shapes/common.js';
import { Task, TaskKind, TaskStatus } from '../shapes/task.js';
import { exampleTask } from './clone.js';

const one = z.object({ task: TaskId, _meta: meta });
const noUsage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0 };

const doneTask: z.input<typeof Task> = {
  ...exampleTask,
  status: 'done',
  attempt: 1,
  result: { text: 'This is the khlone demo, a script and not a model. You said: Say hello.' },
  usage: noUsage,
  startedAt: '2026-11-21T09:00:01.010Z',
  finishedAt: '2026-11-21T09:00:01.200Z',
};

export const taskGet = request({
  name: 'task/get',
  summary: 'Tells all about one task.',
  capability: 'core',
  params: one,
  result: Task,
  errors: ['taskNotFound', 'storageFailed'],
  example: {
    after: ['clone/enroll', 'clone/act', 'task/wait'],
    params: { task: '$clone/act.id' },
    result: doneTask,
  },
});

export const taskList = request({
  name: 'task/list',
  summary: 'Lists tasks, the newest first, a page at a time.',
  capability: 'core',
  params: z.object({
    who: Who.optional(),
    status: z.array(TaskStatus).max(8).optional(),
    kind: TaskKind.optional(),
    limit: z.number().int().min(1).max(500).optional().describe('100 by default.'),
    before: TaskId.optional().describe("Go on after this task: the last page's `next`."),
    _meta: meta,
  }),
  result: z.object({
    tasks: z.array(Task),
    next: TaskId.optional().describe('Where the next page starts; missing on the last.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'taskNotFound', 'storageFailed'],
  example: {
    after: ['clone/enroll', 'clone/act', 'task/wait'],
    params: { who: 'mechanic.1', limit: 10 },
    result: { tasks: [doneTask] },
  },
});

export const taskWait = request({
  name: 'task/wait',
  summary: 'Answers with the task once it has ended, however it ended.',
  capability: 'core',
  params: z.object({
    task: TaskId,
    timeoutMs: durationMs
      .optional()
      .describe('Fail with waitTimeout after so long; the task goes on. No limit by default.'),
    _meta: meta,
  }),
  result: Task,
  errors: ['taskNotFound', 'waitTimeout', 'storageFailed'],
  example: {
    after: ['clone/enroll', 'clone/act'],
    params: { task: '$clone/act.id', timeoutMs: 30_000 },
    result: doneTask,
  },
});

export const taskCancel = request({
  name: 'task/cancel',
  summary:
    'Cancels a task: a queued one never runs, the turn of a running one is ended. Answers once it has ended.',
  capability: 'core',
  params: one,
  result: Task,
  errors: ['taskNotFound', 'taskFinished', 'storageFailed'],
  example: {
    after: ['clone/enroll', 'clone/act'],
    params: { task: '$clone/act.id' },
    result: {
      ...exampleTask,
      status: 'cancelled',
      error: {
        kind: 'taskCancelled',
        message: 'The task was cancelled: a client asked for it.',
        hint: '`khlone retry t_01k9example00task` runs it after all.',
      },
      finishedAt: '2026-11-21T09:00:01.100Z',
    },
  },
});

export const taskRetry = request({
  name: 'task/retry',
  summary: 'Queues a task again that failed, was cancelled, interrupted or parked; same id, next attempt.',
  capability: 'core',
  params: one,
  result: Task,
  errors: [
    'taskNotFound',
    'taskNotRetryable',
    'cloneNotFound',
    'cloneRetired',
    'cloneFailed',
    'cloneReadOnly',
    'clonePaused',
    'asidesFull',
    'capabilityMissing',
    'environmentMissing',
    'queueFull',
    'storageFailed',
  ],
  example: {
    after: ['clone/enroll', 'clone/act', 'task/cancel'],
    params: { task: '$clone/act.id' },
    result: exampleTask,
  },
});
