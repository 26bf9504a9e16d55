import type { Usage } from '../../protocol/shapes/usage.js';
import type { Db } from './database.js';

/** Tokens and cost of one model within one turn. */
export interface UsageRecord extends Usage {
  readonly clone: string;
  readonly task: string;
  readonly model: string;
  readonly at: string;
}

/** Which usage to add up. */
export interface UsageFilter {
  readonly clones?: readonly string[];
  readonly task?: string;
  /** ISO time, inclusive. */
  readonly since?: string;
}

/** How usage is grouped. */
export type UsageGroup = 'clone' | 'model' | 'task, clone';

const sums = `coalesce(sum(input_tokens), 0) AS inputTokens, coalesce(sum(output_tokens), 0) AS outputTokens,
  coalesce(sum(cache_write_tokens), 0) AS cacheWriteTokens, coalesce(sum(cache_read_tokens), 0) AS cacheReadTokens,
  coalesce(sum(cost_usd), 0.0) AS costUsd`;

/**
 * Usage of tasks that are kept, one row a turn and model, and of those that are not, one a day. `$` stands for the
 * conditions on either.
 */
const all = `(SELECT ordinal, clone, task, model, input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_usd
  FROM usage $1 UNION ALL
  SELECT 0, clone, NULL, model, input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_usd
  FROM usage_days $2)`;

/** Nothing used. */
export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  costUsd: 0,
};

/** Most of anything that one turn is taken to have used: far above any turn, and thousands of them can be added. */
const mostPerTurn = 1e12;

/** A usage as a brain reported it, made into counts that can be added: whole, bounded, never negative. */
export function soundUsage(usage: Usage): Usage {
  const sound = (value: number): number =>
    Number.isFinite(value) && value > 0 ? Math.min(value, mostPerTurn) : 0;
  return {
    inputTokens: Math.round(sound(usage.inputTokens)),
    outputTokens: Math.round(sound(usage.outputTokens)),
    cacheWriteTokens: Math.round(sound(usage.cacheWriteTokens)),
    cacheReadTokens: Math.round(sound(usage.cacheReadTokens)),
    costUsd: sound(usage.costUsd),
  };
}

/** Adds two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    costUsd: a.costUsd + b.costUsd,
  };
}

/** Reads and writes usage. */
export class UsageTable {
  readonly #db: Db;
  readonly #insert;
  readonly #ofTask;
  readonly #rollUp;
  readonly #forget;

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare<[UsageRecord]>(
      `INSERT INTO usage (clone, task, model, at, input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_usd)
       VALUES (@clone, @task, @model, @at, @inputTokens, @outputTokens, @cacheWriteTokens, @cacheReadTokens, @costUsd)`,
    );
    this.#ofTask = db.prepare<[string], Usage & { n: number }>(
      `SELECT ${sums}, count(*) AS n FROM usage WHERE task = ?`,
    );
    this.#rollUp = db.prepare<[string]>(
      `INSERT INTO usage_days SELECT substr(at, 1, 10) AS day, clone, model, sum(input_tokens), sum(output_tokens),
         sum(cache_write_tokens), sum(cache_read_tokens), sum(cost_usd) FROM usage
       WHERE task IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3
       ON CONFLICT (day, clone, model) DO UPDATE SET input_tokens = input_tokens + excluded.input_tokens,
         output_tokens = output_tokens + excluded.output_tokens,
         cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
         cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens, cost_usd = cost_usd + excluded.cost_usd`,
    );
    this.#forget = db.prepare<[string]>('DELETE FROM usage WHERE task IN (SELECT value FROM json_each(?))');
  }

  insert(record: UsageRecord): void {
    this.#insert.run(record);
  }

  /** Undefined when the task has none. */
  ofTask(task: string): Usage | undefined {
    const row = this.#ofTask.get(task);
    if (!row || row.n === 0) return undefined;
    const { n: _, ...usage } = row;
    return usage;
  }

  total(filter: UsageFilter): Usage {
    const { from, values } = sourceOf(filter);
    return this.#db.prepare<unknown[], Usage>(`SELECT ${sums} FROM ${from}`).get(...values) ?? noUsage;
  }

  /** Sums by group, the newest group first. By task, only tasks that are kept. */
  by<G extends UsageGroup>(
    group: G,
    filter: UsageFilter,
    limit: number,
  ): (Usage & Record<'clone' | 'model' | 'task', string>)[] {
    const { from, values } = sourceOf(filter);
    const kept = group === 'task, clone' ? 'WHERE task IS NOT NULL' : '';
    return this.#db
      .prepare<unknown[], Usage & Record<'clone' | 'model' | 'task', string>>(
        `SELECT ${group}, ${sums} FROM ${from} ${kept} GROUP BY ${group} ORDER BY max(ordinal) DESC LIMIT ?`,
      )
      .all(...values, limit);
  }

  /** Adds the usage of tasks to the sums of its days: they are about to be forgotten. `tasks` is a JSON array of ids. */
  rollUp(tasks: string): void {
    this.#rollUp.run(tasks);
    this.#forget.run(tasks);
  }
}

function sourceOf(filter: UsageFilter): { from: string; values: unknown[] } {
  const turns = whereOf(filter, 'at');
  // A day counts as a whole, by its beginning; and it is no task's.
  const days = filter.task === undefined ? whereOf(filter, 'day') : { clause: 'WHERE false', values: [] };
  return {
    from: all.replace('$1', turns.clause).replace('$2', days.clause),
    values: [...turns.values, ...days.values],
  };
}

function whereOf(filter: UsageFilter, time: 'at' | 'day'): { clause: string; values: unknown[] } {
  const where: string[] = [];
  const values: unknown[] = [];
  if (filter.clones) {
    where.push(`clone IN (${filter.clones.map(() => '?').join(',')})`);
    values.push(...filter.clones);
  }
  if (filter.task !== undefined) {
    where.push('task = ?');
    values.push(filter.task);
  }
  if (filter.since !== undefined) {
    // Text sorts as time does: '2026-11-21' lies before all times of that day.
    where.push(`${time} >= ?`);
    values.push(filter.since);
  }
  return { clause: where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`, values };
}
