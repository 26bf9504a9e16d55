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

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare<[UsageRecord]>(
      `INSERT INTO usage (clone, task, model, at, input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_usd)
       VALUES (@clone, @task, @model, @at, @inputTokens, @outputTokens, @cacheWriteTokens, @cacheReadTokens, @costUsd)`,
    );
    this.#ofTask = db.prepare<[string], Usage & { n: number }>(
      `SELECT ${sums}, count(*) AS n FROM usage WHERE task = ?`,
    );
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
    const { clause, values } = whereOf(filter);
    return (
      this.#db.prepare<unknown[], Usage>(`SELECT ${sums} FROM usage ${clause}`).get(...values) ?? noUsage
    );
  }

  /** Sums by group, the newest group first. */
  by<G extends UsageGroup>(
    group: G,
    filter: UsageFilter,
    limit: number,
  ): (Usage & Record<'clone' | 'model' | 'task', string>)[] {
    const { clause, values } = whereOf(filter);
    return this.#db
      .prepare<unknown[], Usage & Record<'clone' | 'model' | 'task', string>>(
        `SELECT ${group}, ${sums} FROM usage ${clause} GROUP BY ${group} ORDER BY max(ordinal) DESC LIMIT ?`,
      )
      .all(...values, limit);
  }
}

function whereOf(filter: UsageFilter): { clause: string; values: unknown[] } {
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
    where.push('at >= ?');
    values.push(filter.since);
  }
  return { clause: where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`, values };
}
