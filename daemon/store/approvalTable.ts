import type { Approval, ApprovalStatus } from '../../protocol/shapes/approval.js';
import type { Db } from './database.js';

interface Columns {
  body: string;
}

/** Which approvals to list. */
export interface ApprovalFilter {
  readonly clones?: readonly string[];
  readonly status: readonly ApprovalStatus[];
  /** Only approvals older than the one of this id. */
  readonly before?: string;
  readonly limit: number;
}

/** Reads and writes approvals; the body is the shape that clients see. */
export class ApprovalTable {
  readonly #db: Db;
  readonly #insert;
  readonly #update;
  readonly #get;
  readonly #ofRequest;
  readonly #pendingOf;
  readonly #of;
  readonly #pending;

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare<[string, string, string, string, string, string | null]>(
      'INSERT INTO approvals (id, clone, task, status, body, request) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#ofRequest = db.prepare<[string, string], Columns>(
      'SELECT body FROM approvals WHERE task = ? AND request = ? ORDER BY ordinal DESC LIMIT 1',
    );
    this.#pendingOf = db.prepare<[string], Columns>(
      `SELECT body FROM approvals WHERE task = ? AND status = 'pending' ORDER BY ordinal`,
    );
    this.#of = db.prepare<[string], Columns>('SELECT body FROM approvals WHERE task = ? ORDER BY ordinal');
    this.#update = db.prepare<[string, string, string]>(
      'UPDATE approvals SET status = ?, body = ? WHERE id = ?',
    );
    this.#get = db.prepare<[string], Columns>('SELECT body FROM approvals WHERE id = ?');
    this.#pending = db.prepare<[], { n: number }>(
      `SELECT count(*) AS n FROM approvals WHERE status = 'pending'`,
    );
  }

  /** `request` is the brain's own name for what it asks, where a brain asks. */
  insert(approval: Approval, request: string | null): void {
    const { id, clone, task, status } = approval;
    this.#insert.run(id, clone, task, status, JSON.stringify(approval), request);
  }

  /** What was asked by this name of the brain's. */
  ofRequest(task: string, request: string): Approval | undefined {
    const row = this.#ofRequest.get(task, request);
    return row && (JSON.parse(row.body) as Approval);
  }

  /** What a task still asks. */
  pendingOf(task: string): Approval[] {
    return this.#pendingOf.all(task).map(({ body }) => JSON.parse(body) as Approval);
  }

  /** All that a task has asked. */
  of(task: string): Approval[] {
    return this.#of.all(task).map(({ body }) => JSON.parse(body) as Approval);
  }

  update(approval: Approval): void {
    this.#update.run(approval.status, JSON.stringify(approval), approval.id);
  }

  get(id: string): Approval | undefined {
    const row = this.#get.get(id);
    return row && (JSON.parse(row.body) as Approval);
  }

  pendingCount(): number {
    return this.#pending.get()?.n ?? 0;
  }

  /** Newest first. */
  list(filter: ApprovalFilter): Approval[] {
    const where = [`status IN (${filter.status.map(() => '?').join(',')})`];
    const values: unknown[] = [...filter.status];
    if (filter.clones) {
      where.push(`clone IN (${filter.clones.map(() => '?').join(',')})`);
      values.push(...filter.clones);
    }
    if (filter.before !== undefined) {
      where.push('ordinal < (SELECT ordinal FROM approvals WHERE id = ?)');
      values.push(filter.before);
    }
    return this.#db
      .prepare<unknown[], Columns>(
        `SELECT body FROM approvals WHERE ${where.join(' AND ')} ORDER BY ordinal DESC LIMIT ?`,
      )
      .all(...values, filter.limit)
      .map((row) => JSON.parse(row.body) as Approval);
  }
}
