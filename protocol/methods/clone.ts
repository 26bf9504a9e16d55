import { z } from 'zod';
import { request } from '../row.js';
import { ApprovalPolicy, Clone, CloneStatus, Limits, TerminalSettings } from '../shapes/clone.js';
import {
  CloneName,
  durationMs,
  EnvironmentMap,
  Labels,
  maxSayLength,
  meta,
  Role,
  Who,
} from '../shapes/common.js';
import { Task } from '../shapes/task.js';

const idempotencyKey = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('A call repeated with the same key has no second effect and gets the first answer.');

const addressed = z.object({ who: Who, _meta: meta });

const noUsage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0 };

export const exampleClone: z.input<typeof Clone> = {
  name: 'mechanic.1',
  role: 'mechanic',
  brain: 'demo',
  status: 'off',
  posture: 'off',
  conversation: '3f0e8a52-5c1f-4d0e-9a7b-6d2f1c0b9e11',
  cwd: '/home/you/project',
  approvals: 'ask',
  limits: {},
  labels: {},
  queued: 0,
  usage: noUsage,
  enrolledAt: '2026-11-21T09:00:00.000Z',
};

export const exampleTask: z.input<typeof Task> = {
  id: 't_01k9example00task',
  kind: 'act',
  who: 'mechanic.1',
  clone: 'mechanic.1',
  say: 'Say hello.',
  status: 'queued',
  attempt: 0,
  priority: 0,
  labels: {},
  queuedAt: '2026-11-21T09:00:01.000Z',
};

export const cloneEnroll = request({
  name: 'clone/enroll',
  summary: 'Enrolls a clone. No process is started until its first task.',
  capability: 'core',
  params: z.object({
    role: Role,
    name: CloneName.optional().describe('`role.N`; the next number never used by default.'),
    brain: z.string().max(64).optional().describe('The supplier of its brain; `claude` by default.'),
    command: z
      .array(z.string().max(32_768))
      .min(1)
      .max(256)
      .optional()
      .describe('The program and its arguments, for the brain `command`.'),
    terminal: TerminalSettings.optional(),
    brief: z.string().max(100_000).optional().describe('Standing instructions, added to those of the brain.'),
    model: z.string().min(1).max(200).optional(),
    cwd: z
      .string()
      .max(4096)
      .optional()
      .describe("Directory to work in, inside the zone; the zone's root by default."),
    env: EnvironmentMap.optional().describe(
      'Variables of its own, beside those of the allow-list that the client sent.',
    ),
    grantSocket: z
      .boolean()
      .optional()
      .describe('Let the brain reach this daemon: sets KHLONE_SOCKET for it. False by default.'),
    approvals: ApprovalPolicy.optional(),
    readOnly: z
      .boolean()
      .optional()
      .describe(
        'Makes the role read-only, for good: every task of its clones is an ask, and nobody can talk to them. A later clone of such a role is read-only without being asked. False by default.',
      ),
    labels: Labels.optional(),
    limits: Limits.optional(),
    resume: z
      .string()
      .uuid('must be the UUID of a conversation')
      .optional()
      .describe("A conversation of the brain's that exists already, to go on with."),
    idempotencyKey,
    _meta: meta,
  }),
  result: Clone,
  errors: [
    'brainUnknown',
    'brainMissing',
    'capabilityMissing',
    'roleReadOnly',
    'roleMayAct',
    'cloneNameTaken',
    'zoneInvalid',
    'idempotencyConflict',
    'limitReached',
    'storageFailed',
  ],
  example: { params: { role: 'mechanic', brain: 'demo' }, result: exampleClone },
});

export const cloneList = request({
  name: 'clone/list',
  summary:
    'Lists clones in the order they were enrolled; retired ones only where the filter names that status.',
  capability: 'core',
  params: z.object({
    role: Role.optional(),
    labels: Labels.optional(),
    status: z.array(CloneStatus).max(8).optional(),
    limit: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('1,000 by default; fewer come where they are large.'),
    after: CloneName.optional().describe("Go on after this clone: the last page's `next`."),
    _meta: meta,
  }),
  result: z.object({
    clones: z.array(Clone),
    next: CloneName.optional().describe('Where the next page starts; missing on the last.'),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'storageFailed'],
  example: { after: ['clone/enroll'], params: { role: 'mechanic' }, result: { clones: [exampleClone] } },
});

export const cloneGet = request({
  name: 'clone/get',
  summary: 'Tells all about one clone, retired ones included.',
  capability: 'core',
  params: addressed,
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'storageFailed'],
  example: { after: ['clone/enroll'], params: { who: 'mechanic.1' }, result: exampleClone },
});

export const cloneUpdate = request({
  name: 'clone/update',
  summary:
    'Changes a clone. What its process was started with changes with the next task, on the same conversation.',
  capability: 'core',
  params: z.object({
    who: Who,
    brief: z.string().max(100_000).optional(),
    model: z.string().min(1).max(200).optional(),
    env: EnvironmentMap.optional().describe('Variables to set or replace; the others stay.'),
    approvals: ApprovalPolicy.optional(),
    labels: Labels.optional().describe('Replaces all labels.'),
    limits: Limits.optional().describe('Replaces the members given; the others stay.'),
    terminal: TerminalSettings.optional().describe(
      'Replaces all of its settings; they hold for the next turn, a size for the next process.',
    ),
    _meta: meta,
  }),
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'cloneRetired', 'storageFailed'],
  example: {
    after: ['clone/enroll'],
    params: { who: 'mechanic.1', approvals: 'acceptEdits', labels: { team: 'core' } },
    result: { ...exampleClone, approvals: 'acceptEdits', labels: { team: 'core' } },
  },
});

const work = z.object({
  who: Who,
  say: z.string().min(1).max(maxSayLength).describe('What to do, in words for the brain.'),
  idempotencyKey,
  timeoutMs: durationMs
    .optional()
    .describe('Longest run, waiting for approvals included; ends the turn as failed.'),
  priority: z
    .number()
    .int()
    .min(-1000)
    .max(1000)
    .optional()
    .describe('Higher goes first; 0 by default. Equal ones run in order.'),
  labels: Labels.optional(),
  env: EnvironmentMap.optional().describe(
    'Variables the clone was enrolled with and the daemon no longer holds.',
  ),
  _meta: meta,
});

const workErrors = [
  'cloneNotFound',
  'cloneRetired',
  'cloneFailed',
  'capabilityMissing',
  'sandboxMissing',
  'environmentMissing',
  'queueFull',
  'idempotencyConflict',
  'storageFailed',
] as const;

export const cloneAct = request({
  name: 'clone/act',
  summary:
    'Gives a clone work that may change the zone. Answers with a receipt once the task is durable; it runs after. Where all that `who` stands for are read-only, the task is an ask: the receipt says so by its `kind`.',
  capability: 'core',
  params: work,
  result: Task,
  errors: workErrors,
  example: { after: ['clone/enroll'], params: { who: 'mechanic.1', say: 'Say hello.' }, result: exampleTask },
});

export const cloneAsk = request({
  name: 'clone/ask',
  summary:
    'Asks a clone something that must not change the zone: it runs read-only. Answers with a receipt, like act.',
  capability: 'core',
  params: work.extend({
    aside: z
      .boolean()
      .optional()
      .describe(
        'Runs it at once, beside whatever the clone does, in a process of its own on a branch of the conversation; nothing of it stays there. `who` must stand for one clone, and `priority` means nothing. False by default.',
      ),
  }),
  result: Task,
  errors: [...workErrors, 'cloneAmbiguous', 'clonePaused', 'asidesFull'],
  example: {
    after: ['clone/enroll'],
    params: { who: 'mechanic.1', say: 'What are you at?', aside: true },
    result: { ...exampleTask, id: 't_01k9example00ask0', kind: 'ask', say: 'What are you at?', aside: true },
  },
});

export const cloneInterrupt = request({
  name: 'clone/interrupt',
  summary:
    "Ends a clone's turn and keeps its conversation; its queue goes on. Wakes a clone that was parked as failed.",
  capability: 'core',
  params: addressed,
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'cloneRetired', 'storageFailed'],
  example: { after: ['clone/enroll'], params: { who: 'mechanic.1' }, result: exampleClone },
});

export const cloneHibernate = request({
  name: 'clone/hibernate',
  summary:
    "Ends a clone's process, at rest or in its terminal, and keeps its conversation: its next task starts another. A running turn ends first.",
  capability: 'core',
  params: addressed.extend({
    now: z.boolean().optional().describe('Interrupt a running turn instead of waiting for it.'),
  }),
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'cloneRetired', 'storageFailed'],
  example: { after: ['clone/enroll'], params: { who: 'mechanic.1' }, result: exampleClone },
});

export const cloneRestart = request({
  name: 'clone/restart',
  summary:
    "Ends a clone's process, interrupts a running turn, and forgives its failures: no delay and no parking is left. Its next task, or what is queued, starts another process on the same conversation.",
  capability: 'core',
  params: addressed,
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'cloneRetired', 'storageFailed'],
  example: { after: ['clone/enroll'], params: { who: 'mechanic.1' }, result: exampleClone },
});

export const cloneRetire = request({
  name: 'clone/retire',
  summary: 'Retires a clone for good: cancels its tasks and ends its process. Its history stays.',
  capability: 'core',
  params: addressed,
  result: Clone,
  errors: ['cloneNotFound', 'cloneAmbiguous', 'cloneRetired', 'storageFailed'],
  example: {
    after: ['clone/enroll'],
    params: { who: 'mechanic.1' },
    result: { ...exampleClone, status: 'retired', retiredAt: '2026-11-21T09:05:00.000Z' },
  },
});
