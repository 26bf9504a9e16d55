import type { Db } from './database.js';

/** Stands for a budget that was lifted. */
const lifted = -1;

/** How often the budgets of clones were extended, by what they are for: a task's id, or a day. */
export class HelpingTable {
  readonly #get;
  readonly #add;
  readonly #lift;
  readonly #forget;

  constructor(db: Db) {
    this.#get = db.prepare<[string, string], { count: number }>(
      'SELECT count FROM helpings WHERE clone = ? AND subject = ?',
    );
    this.#add = db.prepare<[string, string]>(
      `INSERT INTO helpings VALUES (?, ?, 1) ON CONFLICT (clone, subject) DO UPDATE SET count = count + 1 WHERE count >= 0`,
    );
    this.#lift = db.prepare<[string, string, number]>(
      'INSERT INTO helpings VALUES (?, ?, ?) ON CONFLICT (clone, subject) DO UPDATE SET count = excluded.count',
    );
    this.#forget = db.prepare<[string, string]>(
      `DELETE FROM helpings WHERE clone = ? AND subject <> ? AND subject NOT IN (SELECT id FROM tasks)`,
    );
  }

  /** `Infinity` where it was lifted. */
  of(clone: string, subject: string): number {
    const count = this.#get.get(clone, subject)?.count ?? 0;
    return count === lifted ? Infinity : count;
  }

  /** Adds one; what was for other days, or for tasks that are forgotten, goes. */
  add(clone: string, subject: string, today: string): void {
    this.#forget.run(clone, today);
    this.#add.run(clone, subject);
  }

  lift(clone: string, subject: string): void {
    this.#lift.run(clone, subject, lifted);
  }
}
