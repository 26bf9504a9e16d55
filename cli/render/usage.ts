import type { Usage, UsageGetResult } from '../../client/generated/types.js';
import { formatCost } from './format.js';
import type { Style } from './style.js';
import { renderTable, type Cell } from './table.js';

/** Where the account goes. */
export interface UsageView {
  readonly style: Style;
  readonly columns?: number | undefined;
  /** Whether every task is listed too. */
  readonly tasks: boolean;
}

const exact = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

const numbers = (usage: Usage): string[] => [
  exact(usage.inputTokens),
  exact(usage.outputTokens),
  exact(usage.cacheWriteTokens),
  exact(usage.cacheReadTokens),
  formatCost(usage.costUsd),
];

/** Tokens and cost by clone, by model and, on request, by task, with their sum. */
export function renderUsage(usage: UsageGetResult, { style, columns, tasks }: UsageView): string {
  const table = (title: string, rows: readonly (readonly Cell[])[]): string =>
    rows.length === 0
      ? ''
      : `${renderTable({
          style,
          columns,
          head: [
            { title, shrinkTo: 10 },
            { title: 'INPUT', align: 'right' },
            { title: 'OUTPUT', align: 'right' },
            { title: 'CACHE WRITE', short: 'CACHE W', align: 'right', drop: 1 },
            { title: 'CACHE READ', short: 'CACHE R', align: 'right', drop: 2 },
            { title: 'COST', align: 'right' },
          ],
          rows,
        })}\n`;
  const byClone = usage.byClone.map((row) => [row.clone, ...numbers(row)]);
  const byModel = usage.byModel.map((row) => [row.model, ...numbers(row)]);
  const byTask = tasks ? usage.byTask.map((row) => [`${row.task} ${row.clone}`, ...numbers(row)]) : [];
  return (
    table('CLONE', byClone) +
    table('MODEL', byModel) +
    table('TASK', byTask) +
    table('TOTAL', [[{ text: 'all', paint: style.bold }, ...numbers(usage.total)]]).trimEnd() +
    '\n'
  );
}
