import { expect } from 'vitest';
import type { Event } from '../../../client/index.js';

/** Sees to it that nothing is told twice, however often its teller was killed. */
export class Once {
  readonly #told = new Set<string>();

  /** Looks at events that were not looked at yet. */
  check(events: readonly Event[]): void {
    const again: string[] = [];
    for (const event of events) {
      const name = nameOf(event);
      if (name === undefined) continue;
      if (this.#told.has(name)) again.push(name);
      this.#told.add(name);
    }
    expect(again, 'told twice').toEqual([]);
  }
}

/** What an event says that can be said but once; undefined where it may come again. */
function nameOf(event: Event): string | undefined {
  switch (event.type) {
    case 'message.completed':
      return `${event.type} ${event.clone} ${event.message}`;
    case 'tool.started':
    case 'tool.finished':
      return `${event.type} ${event.clone} ${event.tool}`;
    case 'approval.requested':
    case 'approval.resolved':
      return `${event.type} ${event.approval}`;
    case 'task.finished':
      return `${event.type} ${event.task} ${event.value.attempt}`;
    case 'clone.enrolled':
    case 'clone.retired':
      return `${event.type} ${event.clone}`;
    default:
      return undefined;
  }
}
