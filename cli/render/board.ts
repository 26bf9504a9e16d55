import type { Approval, Clone, Task } from '../../client/generated/types.js';
import { formatAge, formatCost, formatTokens } from './format.js';
import { oneLine } from './sanitize.js';
import type { Style } from './style.js';
import { renderTable } from './table.js';
import { statusPaint } from './task.js';

/** What the board shows. */
export interface BoardState {
  readonly zone: string;
  readonly clones: readonly Clone[];
  /** Tasks that are running or waiting. */
  readonly tasks: readonly Task[];
  /** Approvals that are pending. */
  readonly approvals: readonly Approval[];
}

/** Where the board goes. */
export interface BoardView {
  readonly style: Style;
  /** Milliseconds since 1970, for ages. */
  readonly now: number;
  readonly columns?: number | undefined;
}

/** The status board: a line a clone, and below it what waits for the user. */
export function renderBoard(state: BoardState, { style, now, columns }: BoardView): string {
  const header = `${style.bold(oneLine(state.zone))}\n`;
  if (state.clones.length === 0) {
    return `${header}${style.dim('No clones. Enroll one: khlone enroll mechanic --brain demo')}\n`;
  }
  const byId = new Map(state.tasks.map((task) => [task.id, task]));
  const table = renderTable({
    style,
    columns,
    head: [
      { title: 'CLONE' },
      { title: 'STATUS' },
      { title: 'TASK', shrinkTo: 12 },
      { title: 'AGE', align: 'right' },
      { title: 'TOKENS IN/OUT', align: 'right' },
      { title: 'COST', align: 'right' },
    ],
    rows: state.clones.map((clone) => {
      const task = clone.task === undefined ? undefined : byId.get(clone.task);
      return [
        { text: clone.name, paint: style.bold },
        { text: clone.status, paint: statusPaint(clone.status, style) },
        taskCell(clone, task),
        task === undefined ? '-' : formatAge(task.startedAt ?? task.queuedAt, now),
        formatTokens(clone.usage),
        formatCost(clone.usage.costUsd),
      ];
    }),
  });
  return header + table + notes(state, style);
}

function taskCell(clone: Clone, task: Task | undefined): string {
  const queued = clone.queued === 0 ? '' : `${clone.queued} queued`;
  if (clone.task === undefined) return queued === '' ? '-' : queued;
  const more = queued === '' ? '' : ` (+${queued})`;
  const say = task === undefined ? '' : ` ${task.kind}: ${oneLine(task.say)}`;
  return `${clone.task}${more}${say}`;
}

function notes(state: BoardState, style: Style): string {
  const failed = state.clones
    .filter((clone) => clone.status === 'failed' && clone.error !== undefined)
    .map(
      (clone) =>
        `${style.red(`${style.symbols.failed} ${clone.name}`)} ${oneLine(clone.error?.message ?? '')}\n` +
        `  next: ${oneLine(clone.error?.hint ?? '')}\n`,
    );
  const waiting = state.approvals.map(
    (approval) =>
      `${style.yellow(`? ${approval.clone}`)} ${oneLine(approval.title)}\n` +
      `  next: khlone approve ${approval.id}  or  khlone deny ${approval.id}\n`,
  );
  const all = [...failed, ...waiting].join('');
  return all === '' ? '' : `\n${all}`;
}
