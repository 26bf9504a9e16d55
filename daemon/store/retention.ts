import type { Db } from './database.js';
import type { UsageTable } from './usageTable.js';

const day = 24 * 60 * 60 * 1000;

/** How long what has ended is kept. */
export interface Retention {
  /** Ended tasks with their approvals and their usage, in ms since their end. */
  readonly tasksMs: number;
  /** Most ended tasks that are kept. */
  readonly tasks: number;
  /** What a call with an idempotency key made, in ms since the call; nothing that has ended is forgotten sooner. */
  readonly keysMs: number;
}

/** 30 days and 50,000 ended tasks; 3 days of keys, where no client repeats a call for more than some minutes by itself. */
export const defaultRetention: Retention = { tasksMs: 30 * day, tasks: 50_000, keysMs: 3 * day };

/** Reads how long to keep from an environment: `KHLONE_KEEP_DAYS` and `KHLONE_KEEP_TASKS`. */
export function retentionOf(env: NodeJS.ProcessEnv): Retention {
  const days = wholeNumber(env['KHLONE_KEEP_DAYS']);
  const tasks = wholeNumber(env['KHLONE_KEEP_TASKS']);
  return {
    ...defaultRetention,
    ...(days !== undefined && { tasksMs: days * day }),
    ...(tasks !== undefined && { tasks }),
  };
}

/** A number from 1 to a billion; undefined for whatever else stands there. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** Forgets what is kept no longer, a little at a time. Each call runs in a transaction of the caller. */
export class RetentionTable {
  readonly #usage: UsageTable;
  readonly #keys;
  readonly #ended;
  readonly #old;
  readonly #belongings;
  readonly #tasks;

  constructor(db: Db, usage: UsageTable) {
    this.#usage = usage;
    this.#keys = db.prepare<[number, number]>(
      'DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < ? ORDER BY at LIMIT ?)',
    );
    this.#ended = db.prepare<[], { n: number | null }>(
      `SELECT sum(n) AS n FROM task_counts WHERE status NOT IN ('queued', 'running', 'waiting')`,
    );
    this.#old = db.prepare<[string, number], { id: string }>(
      `SELECT id FROM tasks WHERE finished_at IS NOT NULL AND finished_at < ?
       AND status NOT IN ('queued', 'running', 'waiting') ORDER BY finished_at LIMIT ?`,
    );
    // An ended task has no turn; should one be left, it must not keep its task.
    this.#belongings = ['approvals', 'turns'].map((table) =>
      db.prepare<[string]>(`DELETE FROM ${table} WHERE task IN (SELECT value FROM json_each(?))`),
    );
    this.#tasks = db.prepare<[string]>('DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?))');
  }

  /** Forgets keys given before a time, at most so many. Answers with how many. */
  dropKeys(before: number, most: number): number {
    return this.#keys.run(before, most).changes;
  }

  /** How many tasks have ended and are kept. */
  endedTasks(): number {
    return this.#ended.get()?.n ?? 0;
  }

  /**
   * Forgets tasks that ended before a time, the oldest first and at most so many, with all that belongs to them; of their
   * usage the sums of each day stay. Answers with how many.
   */
  dropTasks(before: number, most: number): number {
    const old = this.#old.all(new Date(before).toISOString(), most);
    if (old.length === 0) return 0;
    const ids = JSON.stringify(old.map(({ id }) => id));
    this.#usage.rollUp(ids);
    for (const belonging of this.#belongings) belonging.run(ids);
    return this.#tasks.run(ids).changes;
  }
}
