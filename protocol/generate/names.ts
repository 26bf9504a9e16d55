import type { z } from 'zod';
import { initialize } from '../methods/session.js';
import * as approval from '../shapes/approval.js';
import * as clone from '../shapes/clone.js';
import * as common from '../shapes/common.js';
import { Event, eventShapes } from '../shapes/event.js';
import * as task from '../shapes/task.js';
import { Usage } from '../shapes/usage.js';

/** A shape that everything generated calls by one name. */
export interface NamedShape {
  readonly name: string;
  readonly schema: z.ZodTypeAny;
}

/** `clone/enroll`, `rpc.discover` and `cloneNotFound` as `CloneEnroll`, `RpcDiscover` and `CloneNotFound`. */
export function pascal(name: string): string {
  return name
    .split(/[/._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

const eventNames: readonly NamedShape[] = eventShapes.map((schema) => ({
  name: `${pascal(schema.shape.type.value)}Event`,
  schema,
}));

/** The shapes with a name, in the order documents print them. */
export const namedShapes: readonly NamedShape[] = [
  { name: 'Clone', schema: clone.Clone },
  { name: 'CloneStatus', schema: clone.CloneStatus },
  { name: 'Posture', schema: clone.Posture },
  { name: 'ApprovalPolicy', schema: clone.ApprovalPolicy },
  { name: 'RecoveryPolicy', schema: clone.RecoveryPolicy },
  { name: 'Limits', schema: clone.Limits },
  { name: 'Task', schema: task.Task },
  { name: 'TaskStatus', schema: task.TaskStatus },
  { name: 'TaskKind', schema: task.TaskKind },
  { name: 'TaskError', schema: task.TaskError },
  { name: 'Approval', schema: approval.Approval },
  { name: 'ApprovalStatus', schema: approval.ApprovalStatus },
  { name: 'Decision', schema: approval.Decision },
  { name: 'Question', schema: approval.QuestionShape },
  { name: 'Usage', schema: Usage },
  { name: 'BrainInfo', schema: initialize.result.shape.capabilities.shape.brains.element },
  { name: 'DaemonInfo', schema: initialize.result.shape.daemon },
  { name: 'ZoneInfo', schema: initialize.result.shape.zone },
  { name: 'Cursor', schema: common.Cursor },
  { name: 'Gap', schema: common.Gap },
  { name: 'Who', schema: common.Who },
  { name: 'Role', schema: common.Role },
  { name: 'CloneName', schema: common.CloneName },
  { name: 'Labels', schema: common.Labels },
  { name: 'EnvironmentMap', schema: common.EnvironmentMap },
  { name: 'TaskId', schema: common.TaskId },
  { name: 'ApprovalId', schema: common.ApprovalId },
  { name: 'SubscriptionId', schema: common.SubscriptionId },
  { name: 'Timestamp', schema: common.time },
  { name: 'DurationMs', schema: common.durationMs },
  { name: 'Count', schema: common.count.describe('A whole number, never negative.') },
  {
    name: 'JsonObject',
    schema: common.jsonObject.describe("A JSON object whose members are somebody else's to define."),
  },
  {
    name: 'Meta',
    schema: common.meta.unwrap().describe(common.meta.description ?? ''),
  },
  { name: 'Empty', schema: common.Empty.describe('An object with no members of its own.') },
  { name: 'Event', schema: Event },
  ...eventNames,
];
