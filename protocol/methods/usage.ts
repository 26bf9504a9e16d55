import { z } from 'zod';
import { request } from '../row.js';
import { CloneName, meta, TaskId, time, Who } from '../shapes/common.js';
import { Usage } from '../shapes/usage.js';

const noUsage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0 };

export const usageGet = request({
  name: 'usage/get',
  summary: 'Adds up tokens and cost by clone, task and model, as the brains report them.',
  capability: 'core',
  params: z.object({
    who: Who.optional(),
    task: TaskId.optional(),
    since: time.optional(),
    _meta: meta,
  }),
  result: z.object({
    total: Usage,
    byClone: z.array(Usage.extend({ clone: CloneName })),
    byModel: z.array(Usage.extend({ model: z.string() })),
    byTask: z.array(Usage.extend({ task: TaskId, clone: CloneName })).describe('The newest 500 at most.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'taskNotFound', 'storageFailed'],
  example: {
    after: ['clone/enroll', 'clone/act', 'task/wait'],
    params: { who: 'mechanic.1' },
    result: {
      total: noUsage,
      byClone: [{ clone: 'mechanic.1', ...noUsage }],
      byModel: [{ model: 'khlone-demo', ...noUsage }],
      byTask: [{ task: 't_01k9example00task', clone: 'mechanic.1', ...noUsage }],
    },
  },
});
