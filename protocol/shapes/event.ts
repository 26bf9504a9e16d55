import { z } from 'zod';
import { Approval } from './approval.js';
import { Clone, CloneStatus, OffReason, Posture } from './clone.js';
import { ApprovalId, CloneName, count, Cursor, jsonObject, meta, TaskId, time } from './common.js';
import { Task, zoneFindings } from './task.js';
import { Usage } from './usage.js';
import { SandboxKind } from './zone.js';

const base = { cursor: Cursor, at: time, _meta: meta };
const ofClone = { ...base, clone: CloneName };
const ofTask = { ...base, clone: CloneName.optional(), task: TaskId };
const ofTurn = { ...base, clone: CloneName, task: TaskId };
/** What is said in a terminal belongs to no task. */
const ofSpeech = { ...base, clone: CloneName, task: TaskId.optional().describe('Missing in a terminal.') };

const truncated = z.boolean().optional().describe('The text was longer and its tail is left out.');

/** Every event, discriminated by `type`; more types may come, and readers pass over those they do not know. */
export const eventShapes = [
  z
    .object({ type: z.literal('zone.opened'), ...base, version: z.string() })
    .describe('A daemon opened the zone: a new epoch.'),
  z.object({ type: z.literal('clone.enrolled'), ...ofClone, value: Clone }),
  z.object({ type: z.literal('clone.updated'), ...ofClone, value: Clone }),
  z.object({
    type: z.literal('clone.status'),
    ...ofClone,
    status: CloneStatus,
    posture: Posture,
    task: TaskId.optional(),
    reason: OffReason.optional().describe('With `off`, why its process is gone that was at rest.'),
  }),
  z.object({ type: z.literal('clone.retired'), ...ofClone, value: Clone }),
  z.object({ type: z.literal('task.queued'), ...ofTask, value: Task }),
  z.object({
    type: z.literal('task.started'),
    ...ofTask,
    attempt: count,
    sandbox: SandboxKind.optional().describe('Of an ask.'),
  }),
  z.object({ type: z.literal('task.finished'), ...ofTask, value: Task }),
  z
    .object({
      type: z.literal('message.delta'),
      ...ofTurn,
      message: z.string(),
      offset: count.describe('UTF-16 units from the start of the message.'),
      text: z.string(),
    })
    .describe(
      "A piece of a message as it is written. Delivered live and not stored; its cursor is the last stored event's.",
    ),
  z.object({
    type: z.literal('message.completed'),
    ...ofSpeech,
    message: z.string(),
    text: z.string(),
    truncated,
  }),
  z
    .object({
      type: z.literal('message.typed'),
      ...ofClone,
      message: z.string(),
      text: z.string(),
      truncated,
    })
    .describe('What a human said to the brain in its terminal.'),
  z.object({
    type: z.literal('tool.started'),
    ...ofSpeech,
    tool: z.string(),
    name: z.string(),
    title: z.string(),
    input: jsonObject.optional(),
  }),
  z.object({
    type: z.literal('tool.finished'),
    ...ofSpeech,
    tool: z.string(),
    failed: z.boolean(),
    output: z.string(),
    truncated,
  }),
  z.object({ type: z.literal('approval.requested'), ...ofTurn, approval: ApprovalId, value: Approval }),
  z.object({ type: z.literal('approval.resolved'), ...ofTurn, approval: ApprovalId, value: Approval }),
  z.object({
    type: z.literal('usage.updated'),
    ...ofTurn,
    usage: Usage,
    byModel: z.array(Usage.extend({ model: z.string() })),
  }),
  z
    .object({
      type: z.literal('zone.checked'),
      ...ofTurn,
      finding: z
        .enum(['violated', 'ambiguous', 'unchecked'])
        .describe(
          '`violated`: nobody of khlone explains the changes, and the task fails. `ambiguous`: the clones in `others` may have made them, and the task ends as it would. `unchecked`: the zone could not be looked at, or not whole; `partial` says why.',
        ),
      ...zoneFindings,
    })
    .describe('What the look at the zone after an ask found, where that is not simply nothing.'),
  z
    .object({ type: z.literal('brain.fault'), ...ofClone, task: TaskId.optional(), reason: z.string() })
    .describe('The brain broke its own protocol and was survived.'),
] as const;

export const Event = z
  .discriminatedUnion(
    'type',
    eventShapes as unknown as [(typeof eventShapes)[0], ...(typeof eventShapes)[number][]],
  )
  .describe('Something that happened in the zone.');
export type Event = z.infer<(typeof eventShapes)[number]>;

/** The names of all event types. */
export type EventType = Event['type'];

/** Types that are delivered live only. */
export const liveOnlyTypes: ReadonlySet<EventType> = new Set<EventType>(['message.delta']);
