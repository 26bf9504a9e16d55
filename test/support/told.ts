import type { Event } from '../../client/index.js';

/** What the history tells of one task, in order, without what differs from run to run: names, times and places. */
function toldOf(events: readonly Event[], task: string): unknown[] {
  return events.flatMap((event) => ('task' in event && event.task === task ? [plain(event)] : []));
}

function plain(event: Event): unknown {
  const { type } = event;
  switch (event.type) {
    case 'task.started':
      return { type, attempt: event.attempt };
    case 'task.queued':
    case 'task.finished': {
      const { status, attempt, result, error, say } = event.value;
      return { type, status, attempt, say, result, error: error?.kind };
    }
    case 'message.completed':
      return { type, text: event.text };
    case 'tool.started':
      return { type, name: event.name, title: event.title, input: event.input };
    case 'tool.finished':
      return { type, failed: event.failed, output: event.output };
    case 'approval.requested':
    case 'approval.resolved': {
      const { kind, tool, title, status, decision } = event.value;
      return { type, kind, tool, title, status, decision };
    }
    case 'usage.updated':
      return { type, usage: event.usage };
    case 'brain.fault':
      return { type, reason: event.reason };
    default:
      return undefined;
  }
}

/** As `toldOf`, without what a restart may tell more often: the clone's own status. */
export const durableOf = (events: readonly Event[], task: string): unknown[] =>
  toldOf(events, task).filter((told) => told !== undefined);
