import type { Backoff, Clone } from '../../protocol/shapes/clone.js';
import type { Task } from '../../protocol/shapes/task.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import { cloneFailed, errorView } from './ends.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { TaskRecord } from '../store/taskTable.js';

/** What a clone's shape takes from its running side. */
export interface CloneLiveSide {
  readonly status: Clone['status'];
  readonly posture: Clone['posture'];
  readonly queued: number;
  readonly task: string | undefined;
  readonly missing: readonly string[];
  readonly usage: Usage;
}

/** The clone as clients see it. */
export function cloneView(record: CloneRecord, live: CloneLiveSide): Clone {
  return {
    name: record.name,
    role: record.role,
    brain: record.brain,
    status: live.status,
    posture: live.posture,
    conversation: record.conversation,
    cwd: record.cwd,
    ...(record.command && { command: [...record.command] }),
    ...(record.terminal && { terminal: record.terminal }),
    ...(record.model !== undefined && { model: record.model }),
    ...(record.brief !== undefined && { brief: record.brief }),
    approvals: record.approvals,
    ...(record.readOnly && { readOnly: true }),
    limits: record.limits,
    labels: record.labels,
    queued: live.queued,
    ...(live.task !== undefined && { task: live.task }),
    ...(live.missing.length > 0 && { missing: [...live.missing] }),
    ...(record.failure && { error: errorView(cloneFailed(record.name, record.failure)) }),
    usage: live.usage,
    enrolledAt: record.enrolledAt,
    ...(record.retiredAt !== undefined && { retiredAt: record.retiredAt }),
  };
}

/** The clone with what is true of this moment only, and so in no event. One that is parked says that by its error. */
export function withBackoff(clone: Clone, backoff: Backoff | undefined): Clone {
  return backoff === undefined || clone.error !== undefined ? clone : { ...clone, backoff };
}

/** The task as clients see it. */
export function taskView(record: TaskRecord, usage: Usage | undefined): Task {
  return {
    id: record.id,
    kind: record.kind,
    who: record.who,
    ...(record.clone !== undefined && { clone: record.clone }),
    say: record.say,
    ...(record.aside && { aside: true }),
    status: record.status,
    attempt: record.attempt,
    priority: record.priority,
    ...(record.timeoutMs !== undefined && { timeoutMs: record.timeoutMs }),
    labels: record.labels,
    ...(record.result && { result: record.result }),
    ...(record.error && { error: record.error }),
    ...(record.sandbox && { sandbox: record.sandbox }),
    ...(record.notBefore !== undefined && { notBefore: new Date(record.notBefore).toISOString() }),
    ...(usage && { usage }),
    queuedAt: record.queuedAt,
    ...(record.startedAt !== undefined && { startedAt: record.startedAt }),
    ...(record.finishedAt !== undefined && { finishedAt: record.finishedAt }),
  };
}
