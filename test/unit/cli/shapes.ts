import type { Approval, Clone, Task } from '../../../client/index.js';

const usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0 };

/** A clone as the daemon describes it. */
export const aClone: Clone = {
  name: 'mechanic.1',
  role: 'mechanic',
  brain: 'demo',
  status: 'idle',
  posture: 'act',
  conversation: '3f0e8a52-5c1f-4d0e-9a7b-6d2f1c0b9e11',
  cwd: '/home/you/project',
  approvals: 'ask',
  limits: {},
  labels: {},
  queued: 0,
  usage,
  enrolledAt: '2026-11-21T09:00:00.000Z',
};

/** A task that runs. */
export const aTask: Task = {
  id: 't_1',
  kind: 'act',
  who: 'mechanic.1',
  clone: 'mechanic.1',
  say: 'Say hello.',
  status: 'running',
  attempt: 1,
  priority: 0,
  labels: {},
  queuedAt: '2026-11-21T09:00:00.000Z',
  startedAt: '2026-11-21T09:00:01.000Z',
};

/** An approval of a tool that waits. */
export const anApproval: Approval = {
  id: 'a_1',
  clone: 'mechanic.1',
  task: 't_1',
  kind: 'tool',
  tool: 'Bash',
  input: { command: 'rm -rf build\nmake', description: 'tidy up' },
  title: 'Run a command',
  status: 'pending',
  requestedAt: '2026-11-21T09:00:02.000Z',
  deadlineAt: '2026-11-21T09:30:02.000Z',
};

/** A question that waits. */
export const aQuestion: Approval = {
  ...anApproval,
  id: 'a_2',
  kind: 'question',
  tool: 'AskUserQuestion',
  input: {},
  title: 'Which colour?',
  questions: [
    {
      question: 'Which colour?',
      options: [{ label: 'red' }, { label: 'green', description: 'as grass' }],
      multiSelect: false,
    },
  ],
};
