import { z } from 'zod';
import { CloneName, count, durationMs, Labels, meta, TaskId, time } from './common.js';
import { SandboxKind } from './zone.js';
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

export const ZoneChange = z
  .object({
    path: z
      .string()
      .describe("From the zone's root; absolute where it is outside, as a worktree's git folder is."),
    kind: z
      .enum(['added', 'removed', 'changed', 'mode', 'touched', 'written'])
      .describe(
        '`mode` is of rights or owner; `touched` was written and put back, or came and went, or only its times moved; `written` may be either of `changed` and `touched`: what it held before is not known.',
      ),
  })
  .describe('A file or folder that is not what it was. More kinds may come.');
export type ZoneChange = z.infer<typeof ZoneChange>;

/** What a look at the zone found. */
export const zoneFindings = {
  changes: z.array(ZoneChange).describe('At most 200 of them.'),
  total: count.describe('How many there are.'),
  diff: z
    .string()
    .optional()
    .describe(
      "A unified diff where git's store has what was there before, else sizes; at most 64 Ki characters.",
    ),
  truncated: z.boolean().optional().describe('The diff does not tell all.'),
  others: z.array(z.string()).describe('Clones that were at work meanwhile and may have changed anything.'),
  partial: z.string().optional().describe('Why not all of the zone was looked at.'),
};

export const TaskError = z
  .object({
    kind: z.string(),
    message: z.string(),
    hint: z.string(),
    violation: z
      .object(zoneFindings)
      .optional()
      .describe('With `readOnlyViolated`: what changed in the zone while an ask ran.'),
  })
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
    aside: z
      .boolean()
      .optional()
      .describe(
        'True for an ask that runs beside the clone, on a branch of its conversation of which nothing is kept. Else missing.',
      ),
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
    sandbox: SandboxKind.optional().describe('Of an ask, once it was started.'),
    error: TaskError.optional().describe('Why it did not go well; of a queued task, why it waits.'),
    notBefore: time
      .optional()
      .describe('A queued task is not started before: the limit that it came to lasts until then.'),
    usage: Usage.optional(),
    queuedAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    _meta: meta,
  })
  .describe('Work given to a clone.');
export type Task = z.infer<typeof Task>;
