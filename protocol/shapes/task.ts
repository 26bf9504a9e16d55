import { z } from 'zod';
import { CloneName, count, durationMs, Labels, meta, TaskId, time } from './common.js';
import { Usage } from './usage.js';

export const TaskStatus = z
  .enum(['queued', 'running', 'waiting', 'done', 'failed', 'cancelled', 'interrupted', 'parked'])
  .describe(
    '`waiting` is on an approval. `done`, `failed`, `cancelled`, `interrupted` and `parked` are ends; all but `done` can be retried.',
  );
export type TaskStatus = z.infer<typeof TaskStatus>;

export const TaskKind = z
  .enum(['act', 'ask'])
  .describe('`act` may change the zone, `ask` must not be able to.');
export type TaskKind = z.infer<typeof TaskKind>;

export const TaskError = z
  .object({ kind: z.string(), message: z.string(), hint: z.string() })
  .describe('Why something did not go well: a kind of the error registry, what happened, and the next step.');
export type TaskError = z.infer<typeof TaskError>;

export const Task = z
  .object({
    id: TaskId,
    kind: TaskKind,
    who: z.string().describe('Whom it was given to, as it was said.'),
    clone: CloneName.optional().describe(
      'The clone that has it; missing while a pool has not handed it out.',
    ),
    say: z.string(),
    status: TaskStatus,
    attempt: count.describe('How many times it was started.'),
    priority: z.number().int(),
    timeoutMs: durationMs.optional(),
    labels: Labels,
    result: z
      .object({
        text: z.string(),
        truncated: z.boolean().optional().describe('The text was longer and its tail is left out.'),
      })
      .optional(),
    error: TaskError.optional(),
    usage: Usage.optional(),
    queuedAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    _meta: meta,
  })
  .describe('Work given to a clone.');
export type Task = z.infer<typeof Task>;
