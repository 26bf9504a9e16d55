import { z } from 'zod';
import { request } from '../row.js';
import { Approval, ApprovalStatus, Decision } from '../shapes/approval.js';
import { ApprovalId, meta, Who } from '../shapes/common.js';

const pending: z.input<typeof Approval> = {
  id: 'a_01k9example0appr',
  clone: 'mechanic.1',
  task: 't_01k9example00task',
  kind: 'tool',
  tool: 'Write',
  input: { file_path: '/home/you/project/hello.txt', content: 'Written by the khlone demo.\n' },
  title: 'Write: /home/you/project/hello.txt',
  status: 'pending',
  requestedAt: '2026-11-21T09:00:02.000Z',
  deadlineAt: '2026-11-21T09:30:02.000Z',
};

export const approvalList = request({
  name: 'approval/list',
  summary:
    'Lists what brains wait for a human to decide, the newest first; those already decided where the filter names their status.',
  capability: 'core',
  params: z.object({
    who: Who.optional(),
    status: z.array(ApprovalStatus).max(8).optional().describe('`pending` by default.'),
    limit: z
      .number()
      .int()
      .min(1)
      .max(500)
      .optional()
      .describe('100 by default; fewer come where they are large.'),
    before: ApprovalId.optional().describe("Go on after this approval: the last page's `next`."),
    _meta: meta,
  }),
  result: z.object({
    approvals: z.array(Approval),
    next: ApprovalId.optional().describe('Where the next page starts; missing on the last.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'approvalNotFound', 'storageFailed'],
  example: { after: ['$approval'], params: {}, result: { approvals: [pending] } },
});

export const approvalRespond = request({
  name: 'approval/respond',
  summary: 'Answers an approval. The first answer counts; a later one fails with approvalResolved.',
  capability: 'core',
  params: z.object({
    approval: ApprovalId,
    decision: Decision,
    message: z.string().max(10_000).optional().describe('Words for the brain, with a denial.'),
    answers: z
      .record(z.string().max(10_000))
      .optional()
      .describe(
        "For a question that is allowed: the text of each question to an option's label, or to words of your own.",
      ),
    _meta: meta,
  }),
  result: Approval,
  errors: ['approvalNotFound', 'approvalResolved', 'storageFailed'],
  example: {
    after: ['$approval', 'approval/list'],
    params: { approval: '$approval/list.approvals.0.id', decision: 'allow' },
    result: { ...pending, status: 'allowed', decision: 'allow', resolvedAt: '2026-11-21T09:00:09.000Z' },
  },
});
