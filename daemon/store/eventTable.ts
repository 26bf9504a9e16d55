import type { Event } from '../../protocol/shapes/event.js';
import type { Db } from './database.js';

/** A stored event and its length as JSON text, by which pages are bounded. */
export interface StoredEvent {
  readonly event: Event;
  readonly length: number;
}

/** Which events to read. */
export interface EventQuery {
  /** Exclusive: only events after it (or before it, going backward). */
  readonly from: number;
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
  readonly types?: readonly string[];
  readonly clones?: readonly string[];
}

interface Columns {
  seq: number;
  epoch: number;
  at: string;
  body: string;
}

/** Reads and writes the event history. */
export class EventTable {
  readonly #insert;
  readonly #oldest;
  readonly #newest;
  readonly #prune;
  readonly #db: Db;
  readonly #queries = new Map<string, ReturnType<typeof prepareRead>>();

  constructor(db: Db) {
    this.#db = db;
    this.#insert = db.prepare<[number, number, string, string, string | null, string | null, string]>(
      'INSERT INTO events (seq, epoch, at, type, clone, task, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#oldest = db.prepare<[], { seq: number | null }>('SELECT min(seq) AS seq FROM events');
    // The sequence table remembers the highest number ever given, also when events were pruned.
    this.#newest = db.prepare<[], { seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'events'`);
    this.#prune = db.prepare<[number]>('DELETE FROM events WHERE seq <= ?');
  }

  /** Writes an event under its own cursor and answers with its length as JSON text. */
  insert(event: Event): number {
    const { cursor, at, ...rest } = event;
    const clone = 'clone' in event ? (event.clone ?? null) : null;
    const task = 'task' in event ? (event.task ?? null) : null;
    const body = JSON.stringify(rest);
    this.#insert.run(cursor.seq, cursor.epoch, at, event.type, clone, task, body);
    return lengthOf(body);
  }

  /** The highest number ever given; 0 before the first event. */
  newest(): number {
    return this.#newest.get()?.seq ?? 0;
  }

  /** The lowest number still stored; one past the newest when none is. */
  oldest(): number {
    return this.#oldest.get()?.seq ?? this.newest() + 1;
  }

  /** Forgets all up to and with a number. */
  prune(through: number): void {
    this.#prune.run(through);
  }

  /** Reads lazily, so that a caller stops when its page is full; nothing may be written before it has. */
  *read(query: EventQuery): Generator<StoredEvent> {
    const forward = query.direction === 'forward';
    const where = [forward ? 'seq > ?' : 'seq < ?'];
    const values: unknown[] = [query.from];
    if (query.types) {
      where.push(`type IN (${query.types.map(() => '?').join(',')})`);
      values.push(...query.types);
    }
    if (query.clones) {
      where.push(`clone IN (${query.clones.map(() => '?').join(',')})`);
      values.push(...query.clones);
    }
    const sql = `SELECT seq, epoch, at, body FROM events WHERE ${where.join(' AND ')}
                 ORDER BY seq ${forward ? 'ASC' : 'DESC'} LIMIT ?`;
    for (const row of this.#statement(sql).iterate(...values, query.limit)) {
      const rest = JSON.parse(row.body) as object;
      const event = { ...rest, cursor: { epoch: row.epoch, seq: row.seq }, at: row.at } as Event;
      yield { event, length: lengthOf(row.body) };
    }
  }

  #statement(sql: string): ReturnType<typeof prepareRead> {
    let statement = this.#queries.get(sql);
    if (!statement) {
      // As many shapes as filters have sizes; a client that varies them does not grow the daemon.
      if (this.#queries.size >= 64) this.#queries.clear();
      statement = prepareRead(this.#db, sql);
      this.#queries.set(sql, statement);
    }
    return statement;
  }
}

/** With room for cursor and time, which have columns of their own. */
function lengthOf(body: string): number {
  return body.length + 80;
}

function prepareRead(db: Db, sql: string) {
  return db.prepare<unknown[], Columns>(sql);
}
