import type { Clone, Khlone, Task } from '../client/index.js';
import { asksInTerminal, inTerminal } from './inTerminal.js';
import { clonesOf } from './pages.js';
import { oneLine } from './render/sanitize.js';
import type { Style } from './render/style.js';

/** Most tasks ahead that are counted. */
const most = 500;

/**
 * What a task waits for that was just queued, or whose clone somebody talks to since, and what to do about it; empty
 * where its turn is now.
 */
export async function renderQueued(khlone: Khlone, task: Task, style: Style): Promise<string> {
  if (task.aside === true) return '';
  const clones = await clonesOf(khlone, task.who);
  if (clones.length === 0 || clones.some((clone) => isFree(clone, task))) return '';
  const ahead = await tasksAhead(khlone, task);
  const [first, ...others] = ahead ?? [];
  const talking = clones.find(inTerminal);
  if (ahead === undefined || (first === undefined && talking === undefined)) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const behind = first === undefined ? '' : ` behind ${first.id}${more}`;
  const pool = clones.length === 1 ? '' : `: no ${oneLine(task.who)} is free`;
  const waits = style.dim(`${task.id} is queued${behind}${pool}`);
  if (talking === undefined) return `  ${waits}\n`;
  const name = oneLine(talking.name);
  if (asksInTerminal(talking)) {
    const why = style.dim(`a turn in the terminal of ${name} waits for an answer there`);
    return `  ${waits}\n  ${why}\n  next: khlone talk ${name}  or  khlone interrupt ${name}\n`;
  }
  const why = style.dim(`somebody talks to ${name}, or a turn typed in its terminal is on`);
  return `  ${waits}\n  ${why}\n  next: khlone talk ${name} --takeover  or  khlone interrupt ${name}\n`;
}

/** Whether a clone takes the task at once, or has taken it. */
function isFree(of: Clone, { id, clone }: Task): boolean {
  if (inTerminal(of)) return false;
  const { task: current, queued, name } = of;
  // In a clone's own queue the new task is counted too.
  const own = clone === name ? 1 : 0;
  return current === id || (current === undefined && queued <= own);
}

/** The tasks that go first, the one that goes on now before those that wait; undefined where it waits no longer. */
async function tasksAhead(khlone: Khlone, { id, who, priority }: Task): Promise<Task[] | undefined> {
  const { tasks } = await khlone.task.list({ who, status: ['running', 'waiting', 'queued'], limit: most });
  const place = tasks.findIndex((task) => task.id === id);
  // The newest come first: what stands behind this one in the list was queued before it.
  const goesFirst = (task: Task, at: number): boolean =>
    task.aside !== true &&
    (task.status !== 'queued' || task.priority > priority || (task.priority === priority && at > place));
  if (tasks[place]?.status !== 'queued') return undefined;
  const ahead = tasks.filter((task, at) => at !== place && goesFirst(task, at)).toReversed();
  return [
    ...ahead.filter(({ status }) => status !== 'queued'),
    ...ahead.filter(({ status }) => status === 'queued'),
  ];
}
