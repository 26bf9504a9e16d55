import type { SandboxKind } from '../sandbox/contract.js';
import type { TaskError, TaskKind, TaskStatus } from '../../protocol/shapes/task.js';
import type { Db } from './database.js';

/** A task as it is stored. */
export interface TaskRecord {
  /** Place in the zone's order of tasks. */
  readonly ordinal: number;
  readonly id: string;
  readonly kind: TaskKind;
  readonly who: string;
  readonly clone: string | undefined;
  readonly say: string;
  /** Whether it runs beside its clone, and not in its queue. */
  readonly aside: boolean;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly priority: number;
  readonly timeoutMs: number | undefined;
  readonly labels: Record<string, string>;
  /** Whether this attempt goes on with one that a daemon's end broke off. */
  readonly resumed: boolean;
  /** The epoch that runs it: a write from an older one is refused. */
  readonly epoch: number | undefined;
  readonly result: { text: string; truncated?: boolean } | undefined;
  readonly error: TaskError | undefined;
  /** What stands around its process, of an ask that was started. */
  readonly sandbox: SandboxKind | undefined;
  /** It is not started before this time, in ms since 1970; `error` says why. */
  readonly notBefore: number | undefined;
  readonly queuedAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}

interface Columns {
  ordinal: number;
  id: string;
  kind: string;
  who: string;
  clone: string | null;
  say: string;
  aside: number;
  status: string;
  attempt: number;
  priority: number;
  timeout_ms: number | null;
  labels: string;
  resumed: number;
  epoch: number | null;
  result: string | null;
  error: string | null;
  sandbox: string | null;
  not_before: number | null;
  queued_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** Which tasks to list. */
export interface TaskFilter {
  readonly clones?: readonly string[];
  /** With `clones`: also those that wait in the pool of this name. */
  readonly pool?: string;
  readonly status?: readonly TaskStatus[];
  readonly kind?: TaskKind;
  /** Only tasks older than this ordinal. */
  readonly before?: number;
  readonly limit: number;
}

/** Reads and writes tasks. */
export class TaskTable {
  readonly #db: Db;
  readonly #insert;
  readonly #update;
  readonly #get;
  readonly #next;
  readonly #nextOfPool;
  readonly #nextOfKindOfPool;
  readonly #counts;
  readonly #live;
  readonly #queuedOf;
  readonly #queuedAsidesOf;
  readonly #postponedOf;
  readonly #queueLengths;

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare<[Omit<Columns, 'ordinal'>]>(
      `INSERT INTO tasks (id, kind, who, clone, say, aside, status, attempt, priority, timeout_ms, labels, resumed, epoch, result,
       error, sandbox, not_before, queued_at, started_at, finished_at) VALUES (@id, @kind, @who, @clone, @say, @aside, @status, @attempt, @priority,
       @timeout_ms, @labels, @resumed, @epoch, @result, @error, @sandbox, @not_before, @queued_at, @started_at, @finished_at)`,
    );
    // Only this epoch, or a later one, may write to a task that an epoch runs.
    this.#update = db.prepare<[Omit<Columns, 'ordinal'> & { writer: number }]>(
      `UPDATE tasks SET clone = @clone, status = @status, attempt = @attempt, resumed = @resumed, epoch = @epoch,
       result = @result, error = @error, sandbox = @sandbox, not_before = @not_before, queued_at = @queued_at, started_at = @started_at, finished_at = @finished_at
       WHERE id = @id AND (epoch IS NULL OR epoch <= @writer)`,
    );
    this.#get = db.prepare<[string], Columns>('SELECT * FROM tasks WHERE id = ?');
    this.#next = db.prepare<[string], Columns>(
      `SELECT * FROM tasks WHERE status = 'queued' AND clone = ? AND aside = 0 ORDER BY priority DESC, ordinal LIMIT 1`,
    );
    const ofPool = (which: string) =>
      db.prepare<[string], Columns>(
        `SELECT * FROM tasks WHERE status = 'queued' AND clone IS NULL AND who = ? ${which} ORDER BY priority DESC, ordinal LIMIT 1`,
      );
    this.#nextOfPool = ofPool('');
    this.#nextOfKindOfPool = { act: ofPool(`AND kind = 'act'`), ask: ofPool(`AND kind = 'ask'`) };
    this.#counts = db.prepare<[], { status: string; n: number }>(
      'SELECT status, n FROM task_counts WHERE n > 0',
    );
    this.#live = db.prepare<[], Columns>(
      `SELECT * FROM tasks WHERE status IN ('running', 'waiting') ORDER BY ordinal`,
    );
    this.#queuedOf = db.prepare<[string], Columns>(
      `SELECT * FROM tasks WHERE status = 'queued' AND clone = ? ORDER BY ordinal`,
    );
    this.#queuedAsidesOf = db.prepare<[string], Columns>(
      `SELECT * FROM tasks WHERE status = 'queued' AND clone = ? AND aside = 1 ORDER BY ordinal`,
    );
    this.#postponedOf = db.prepare<[string, number], Columns>(
      `SELECT * FROM tasks WHERE status = 'queued' AND clone = ? AND not_before > ? ORDER BY not_before LIMIT 1`,
    );
    this.#queueLengths = db.prepare<[], { target: string; n: number }>(
      `SELECT coalesce(clone, who) AS target, count(*) AS n FROM tasks WHERE status = 'queued' AND aside = 0 GROUP BY target`,
    );
  }

  /** Inserts and answers with the task's place in the order. */
  insert(task: Omit<TaskRecord, 'ordinal'>): TaskRecord {
    const { lastInsertRowid } = this.#insert.run(toColumns(task));
    return { ...task, ordinal: Number(lastInsertRowid) };
  }

  /** @throws when a later epoch has taken the task over. */
  update(task: TaskRecord, epoch: number): void {
    const { changes } = this.#update.run({ ...toColumns(task), writer: epoch });
    if (changes !== 1) throw new Error(`epoch ${epoch} may no longer write task ${task.id}`);
  }

  get(id: string): TaskRecord | undefined {
    const row = this.#get.get(id);
    return row && fromColumns(row);
  }

  /** The task a clone takes next: its own or one of its pools', by priority, then by age. Of the pools' maybe one kind `only`. */
  next(clone: string, pools: readonly string[], only?: TaskKind): TaskRecord | undefined {
    const ofPool = only === undefined ? this.#nextOfPool : this.#nextOfKindOfPool[only];
    let best = this.#next.get(clone);
    for (const pool of pools) {
      const row = ofPool.get(pool);
      if (
        row &&
        (!best ||
          row.priority > best.priority ||
          (row.priority === best.priority && row.ordinal < best.ordinal))
      ) {
        best = row;
      }
    }
    return best && fromColumns(best);
  }

  /** Tasks that an ended daemon left running. */
  live(): TaskRecord[] {
    return this.#live.all().map(fromColumns);
  }

  /** What waits for a clone, its asides too. */
  queuedOf(clone: string): TaskRecord[] {
    return this.#queuedOf.all(clone).map(fromColumns);
  }

  /** Asides that have yet to begin. */
  queuedAsidesOf(clone: string): TaskRecord[] {
    return this.#queuedAsidesOf.all(clone).map(fromColumns);
  }

  /** The first task of a clone that is not to be started yet. */
  postponedOf(clone: string, now: number): TaskRecord | undefined {
    const row = this.#postponedOf.get(clone, now);
    return row && fromColumns(row);
  }

  /** How many there are of each status; kept up by triggers, so that no task is looked at. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts.all().map((row) => [row.status, row.n]));
  }

  /** Length of each queue by clone, or by pool for tasks no clone has yet. */
  queueLengths(): Map<string, number> {
    return new Map(this.#queueLengths.all().map((row) => [row.target, row.n]));
  }

  list(filter: TaskFilter): TaskRecord[] {
    const where: string[] = [];
    const values: unknown[] = [];
    if (filter.clones) {
      where.push(`(clone IN (${filter.clones.map(() => '?').join(',')}) OR (clone IS NULL AND who = ?))`);
      values.push(...filter.clones, filter.pool ?? null);
    }
    if (filter.status) {
      where.push(`status IN (${filter.status.map(() => '?').join(',')})`);
      values.push(...filter.status);
    }
    if (filter.kind) {
      where.push('kind = ?');
      values.push(filter.kind);
    }
    if (filter.before !== undefined) {
      where.push('ordinal < ?');
      values.push(filter.before);
    }
    const clause = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    return this.#db
      .prepare<unknown[], Columns>(`SELECT * FROM tasks ${clause} ORDER BY ordinal DESC LIMIT ?`)
      .all(...values, filter.limit)
      .map(fromColumns);
  }
}

function fromColumns(row: Columns): TaskRecord {
  return {
    ordinal: row.ordinal,
    id: row.id,
    kind: row.kind as TaskKind,
    who: row.who,
    clone: row.clone ?? undefined,
    say: row.say,
    aside: row.aside === 1,
    status: row.status as TaskStatus,
    attempt: row.attempt,
    priority: row.priority,
    timeoutMs: row.timeout_ms ?? undefined,
    labels: JSON.parse(row.labels) as Record<string, string>,
    resumed: row.resumed === 1,
    epoch: row.epoch ?? undefined,
    result: row.result === null ? undefined : (JSON.parse(row.result) as { text: string }),
    error: row.error === null ? undefined : (JSON.parse(row.error) as TaskError),
    sandbox: row.sandbox === null ? undefined : (row.sandbox as SandboxKind),
    notBefore: row.not_before ?? undefined,
    queuedAt: row.queued_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}

function toColumns(task: Omit<TaskRecord, 'ordinal'>): Omit<Columns, 'ordinal'> {
  return {
    id: task.id,
    kind: task.kind,
    who: task.who,
    clone: task.clone ?? null,
    say: task.say,
    aside: task.aside ? 1 : 0,
    status: task.status,
    attempt: task.attempt,
    priority: task.priority,
    timeout_ms: task.timeoutMs ?? null,
    labels: JSON.stringify(task.labels),
    resumed: task.resumed ? 1 : 0,
    epoch: task.epoch ?? null,
    result: task.result ? JSON.stringify(task.result) : null,
    error: task.error ? JSON.stringify(task.error) : null,
    sandbox: task.sandbox ?? null,
    not_before: task.notBefore ?? null,
    queued_at: task.queuedAt,
    started_at: task.startedAt ?? null,
    finished_at: task.finishedAt ?? null,
  };
}
