import { z } from 'zod';
import { ApprovalId, CloneName, jsonObject, meta, TaskId, time } from './common.js';

export const ApprovalStatus = z
  .enum(['pending', 'allowed', 'denied', 'expired', 'withdrawn'])
  .describe('`expired` was denied by its deadline; `withdrawn` is no longer asked, as its turn ended.');
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;

export const QuestionShape = z.object({
  question: z.string(),
  header: z.string().optional(),
  options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
  multiSelect: z.boolean(),
});

export const Decision = z
  .enum(['allow', 'allowAlways', 'deny'])
  .describe("`allowAlways` grants the same kind of request for the clone's life.");
export type Decision = z.infer<typeof Decision>;

const Budget = z.object({
  scope: z.enum(['task', 'day']),
  unit: z.enum(['tokens', 'usd']),
  used: z.number().min(0),
  limit: z.number().min(0).describe('What may be used, with what was allowed on top before.'),
  more: z.number().min(0).describe('What `allow` adds; `allowAlways` lifts the limit for this task or day.'),
});

export const Approval = z
  .object({
    id: ApprovalId,
    clone: CloneName,
    task: TaskId,
    kind: z
      .enum(['tool', 'question', 'budget'])
      .describe("`budget` is the daemon's own: the clone has used what it may, and asks to go on."),
    tool: z.string().optional(),
    input: jsonObject.optional().describe("The tool's input; `{truncated, preview}` where it is long."),
    questions: z.array(QuestionShape).optional(),
    budget: Budget.optional().describe('What a `budget` is about.'),
    title: z.string().describe('One line for a human.'),
    status: ApprovalStatus,
    decision: Decision.optional(),
    message: z.string().optional(),
    answers: z.record(z.string()).optional(),
    requestedAt: time,
    deadlineAt: time
      .optional()
      .describe('When it is denied if nobody answers; missing where it waits for ever.'),
    resolvedAt: time.optional(),
    _meta: meta,
  })
  .describe("A brain's question to a human.");
export type Approval = z.infer<typeof Approval>;
