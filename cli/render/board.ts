import type { Approval, Clone, Task } from '../../client/generated/types.js';
import { formatAge, formatBytes, formatCost, formatPercent, formatTokens } from './format.js';
import { asksInTerminal } from '../inTerminal.js';
import { approvalTitle, renderAnswer } from './answer.js';
import { oneLine } from './sanitize.js';
import {
  isStalled,
  renderBackoff,
  renderHold,
  renderNotices,
  renderStall,
  renderUnguarded,
  type StallView,
} from './stall.js';
import type { Style } from './style.js';
import { renderTable } from './table.js';
import { statusPaint } from './task.js';
import { truncate, wrap } from './width.js';

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
  const zone = oneLine(state.zone);
  const shortened = columns === undefined ? zone : truncate(zone, columns, style.symbols.ellipsis);
  const header = `${style.bold(shortened)}\n`;
  if (state.clones.length === 0) {
    const begin = 'No clones. Enroll one: khlone enroll mechanic --brain demo';
    return `${header}${wrap(begin, columns, '').map(style.dim).join('\n')}\n`;
  }
  // Where nothing runs, nothing is used.
  const used = state.clones.some(({ resources }) => resources !== undefined);
  const byId = new Map(state.tasks.map((task) => [task.id, task]));
  const table = renderTable({
    style,
    columns,
    head: [
      { title: 'CLONE' },
      { title: 'STATUS' },
      { title: 'TASK', shrinkTo: 24 },
      { title: 'AGE', align: 'right', drop: 6 },
      { title: 'TOKENS IN/OUT', short: 'TOKENS', align: 'right', drop: 2 },
      { title: 'COST', align: 'right', drop: 5 },
      ...(used
        ? ([
            { title: 'MEM', align: 'right', drop: 4 },
            { title: 'CPU', align: 'right', drop: 3 },
          ] as const)
        : []),
      { title: 'ID', drop: 1 },
    ],
    rows: state.clones.map((clone) => {
      const task = clone.task === undefined ? undefined : byId.get(clone.task);
      return [
        { text: clone.name, paint: style.bold },
        { text: statusText(clone), paint: statusPaint(clone.status, style) },
        taskCell(clone, task),
        task === undefined ? '-' : formatAge(task.startedAt ?? task.queuedAt, now),
        formatTokens(clone.usage),
        formatCost(clone.usage.costUsd),
        ...(used ? usedCells(clone) : []),
        { text: clone.task ?? '-', paint: style.dim },
      ];
    }),
  });
  return header + table + notes(state, { style, columns, now });
}

const statusText = ({ status, readOnly }: Clone): string =>
  readOnly === true ? `${status} (read-only)` : status;

function usedCells({ resources }: Clone): string[] {
  if (resources === undefined) return ['-', '-'];
  return [formatBytes(resources.rssBytes), formatPercent(resources.cpuPercent)];
}

/** What a clone works on, in its words, what waits behind it and what runs beside it; what is counted comes first, so that it is not cut. */
function taskCell(clone: Clone, task: Task | undefined): string {
  const bare = task !== undefined && isBare(task) ? ' without sandbox' : '';
  const say = task === undefined ? (clone.task ?? '') : `${task.kind}${bare}: ${oneLine(task.say)}`;
  const counts = countsOf(clone);
  if (counts.length === 0) return say === '' ? '-' : say;
  return say === '' ? counts.join(', ') : `(${counts.map((count) => `+${count}`).join(', ')}) ${say}`;
}

function countsOf({ queued, asides = 0 }: Clone): string[] {
  return [
    ...(queued === 0 ? [] : [`${queued} queued`]),
    ...(asides === 0 ? [] : [`${asides} aside${asides === 1 ? '' : 's'}`]),
  ];
}

/** Whether it is an ask around which this machine had nothing to put. */
const isBare = ({ kind, sandbox }: Task): boolean => kind === 'ask' && sandbox === 'none';

function notes({ clones, tasks, approvals }: BoardState, view: StallView & { readonly now: number }): string {
  const { style, columns } = view;
  // A clone that lacks a variable and has nothing to do is in nobody's way.
  const stalled = clones
    .filter((clone) => isStalled(clone) && (clone.status === 'failed' || clone.queued > 0))
    .map((clone) => renderStall(clone, view));
  const waiting = approvals.map((approval) => {
    const title = `? ${approval.clone} ${approvalTitle(approval)}`;
    const shown = columns === undefined ? title : truncate(title, columns, style.symbols.ellipsis);
    return `${style.yellow(shown)}\n${renderAnswer(approval, { columns, brief: true })}`;
  });
  const asking = clones.filter(asksInTerminal).map(({ name }) => {
    const answer = `khlone talk ${oneLine(name)}`;
    return `${style.yellow(`? ${oneLine(name)} asks in its terminal`)}\n  next: ${answer}\n`;
  });
  const delayed = clones.map((clone) => renderBackoff(clone, view));
  const bare = tasks.filter(isBare).length;
  const unguarded = bare === 0 ? [] : [renderUnguarded(bare, view)];
  const noticed = clones.flatMap((clone) => renderNotices(clone, view));
  // What an approval asks stands below.
  const asked = new Set(approvals.filter(({ kind }) => kind === 'budget').map(({ clone }) => clone));
  const held = clones.filter(({ name }) => !asked.has(name)).map((clone) => renderHold(clone, view));
  const all = [...stalled, ...delayed, ...held, ...waiting, ...asking, ...unguarded, ...noticed].join('');
  return all === '' ? '' : `\n${all}`;
}
