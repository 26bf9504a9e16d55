import type { Task } from '../../client/generated/types.js';
import { formatAge, formatCost, formatDuration, formatTime, formatTokens } from './format.js';
import { sanitize, sentence } from './sanitize.js';
import type { Paint, Style } from './style.js';
import { renderFields, renderTable } from './table.js';
import { renderViolation } from './violation.js';

/** How a task's status is painted; a status this build does not know stays plain. */
export function statusPaint(status: string, style: Style): Paint {
  switch (status) {
    case 'done':
    case 'idle':
      return style.green;
    case 'failed':
      return style.red;
    case 'waiting':
    case 'interrupted':
    case 'parked':
    case 'paused':
      return style.yellow;
    case 'running':
    case 'working':
    case 'starting':
    case 'talking':
      return style.cyan;
    case 'queued':
    case 'cancelled':
    case 'off':
    case 'retired':
      return style.dim;
    default:
      return (text) => text;
  }
}

/** How long a task ran, or has run until now; undefined before it started. */
function taskDuration(task: Task, now: number): string | undefined {
  if (task.startedAt === undefined) return undefined;
  const end = task.finishedAt === undefined ? now : Date.parse(task.finishedAt);
  return formatDuration(end - Date.parse(task.startedAt));
}

/** When a task that waits for a time may begin; undefined where it waits for none. */
function goesOnAt({ status, notBefore }: Task, now: number): string | undefined {
  if (status !== 'queued' || notBefore === undefined || Date.parse(notBefore) <= now) return undefined;
  return formatTime(notBefore);
}

/** What sort of work it is. */
export const kindText = ({ kind, aside }: Pick<Task, 'kind' | 'aside'>): string =>
  aside === true ? `${kind} (aside)` : kind;

/** Where a list of tasks goes. */
export interface TasksView {
  readonly style: Style;
  readonly now: number;
  readonly columns?: number | undefined;
}

/** Tasks as a table, in the order given. */
export function renderTasks(tasks: readonly Task[], { style, now, columns }: TasksView): string {
  if (tasks.length === 0) return `${style.dim('No tasks.')}\n`;
  const postponed = tasks.some((task) => goesOnAt(task, now) !== undefined);
  return renderTable({
    style,
    columns,
    head: [
      { title: 'TASK' },
      { title: 'KIND', drop: 2 },
      { title: 'CLONE', drop: 4 },
      { title: 'STATUS' },
      { title: 'AGE', align: 'right', drop: 3 },
      { title: 'TOOK', align: 'right', drop: 1 },
      ...(postponed ? ([{ title: 'NOT BEFORE', drop: 5 }] as const) : []),
      { title: 'SAY', shrinkTo: 16 },
    ],
    rows: tasks.map((task) => [
      { text: task.id, paint: style.bold },
      kindText(task),
      task.clone ?? task.who,
      { text: task.status, paint: statusPaint(task.status, style) },
      formatAge(task.queuedAt, now),
      taskDuration(task, now) ?? '-',
      ...(postponed ? [goesOnAt(task, now) ?? '-'] : []),
      { text: task.say, paint: style.dim },
    ]),
  });
}

/** Everything about one task. */
export function renderTask(task: Task, { style, now }: TasksView): string {
  const fields = renderFields(
    [
      ['task', task.id],
      ['kind', kindText(task)],
      ['clone', task.clone ?? `${task.who} (not handed out)`],
      ['status', task.status],
      ['attempt', task.attempt === 0 ? undefined : String(task.attempt)],
      ['priority', task.priority === 0 ? undefined : String(task.priority)],
      ['labels', labelsText(task.labels)],
      ['sandbox', task.sandbox],
      ['timeout', task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
      ['queued', formatTime(task.queuedAt)],
      ['not before', task.notBefore === undefined ? undefined : formatTime(task.notBefore)],
      ['started', task.startedAt === undefined ? undefined : formatTime(task.startedAt)],
      ['finished', task.finishedAt === undefined ? undefined : formatTime(task.finishedAt)],
      ['took', taskDuration(task, now)],
      ['tokens', task.usage === undefined ? undefined : `${formatTokens(task.usage)} in/out`],
      ['cost', task.usage === undefined ? undefined : formatCost(task.usage.costUsd)],
    ],
    style,
  );
  const error =
    task.error === undefined
      ? ''
      : `\n${style.red(sentence(task.error.message))}\n  next: ${sentence(task.error.hint.replaceAll('<task>', task.id))}\n`;
  const violation = task.error?.violation;
  const changes = violation === undefined ? '' : `\n${renderViolation(violation, style)}`;
  const text = task.result?.text ?? '';
  const result = text === '' ? '' : `\n${style.dim('result')}\n${block(text)}${cutNote(task, style)}`;
  return `${fields}\n${style.dim('say')}\n${block(task.say)}${result}${error}${changes}`;
}

/** Labels as `key=value, …`; undefined where there are none. */
export function labelsText(labels: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(', ');
}

function block(text: string): string {
  return `${sanitize(text).replace(/\n+$/, '')}\n`;
}

function cutNote(task: Task, style: Style): string {
  return task.result?.truncated === true
    ? `${style.dim(`${style.symbols.ellipsis} the rest was too long to keep`)}\n`
    : '';
}

/** The one line that ends a task in a transcript. */
export function renderFinish(task: Task, style: Style): string {
  const { done, failed, stopped } = style.symbols;
  const sign = task.status === 'done' ? done : task.status === 'failed' ? failed : stopped;
  const paint = statusPaint(task.status, style);
  const took = taskDuration(task, Date.now());
  const usage = task.usage;
  const facts = [
    took === undefined ? undefined : `in ${took}`,
    usage === undefined || formatTokens(usage) === '-' ? undefined : `${formatTokens(usage)} tokens in/out`,
    usage === undefined || usage.costUsd === 0 ? undefined : formatCost(usage.costUsd),
  ].filter((fact) => fact !== undefined);
  const about = facts.length === 0 ? '' : ` ${style.dim(facts.join(` ${style.symbols.dot} `))}`;
  return `${paint(`${sign} ${task.id} ${task.status}`)}${about}`;
}
