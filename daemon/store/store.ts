import { isKhloneError } from '../../protocol/fail.js';
import { type Disposable, Emitter } from '../lifecycle.js';
import { ApprovalTable } from './approvalTable.js';
import { CloneTable } from './cloneTable.js';
import { type Db, openDatabase, storageError } from './database.js';
import { EventTable } from './eventTable.js';
import { HelpingTable } from './helpingTable.js';
import { IdempotencyTable } from './idempotencyTable.js';
import { now } from './ids.js';
import { RetentionTable } from './retention.js';
import { TaskTable } from './taskTable.js';
import { UsageTable } from './usageTable.js';
import { TurnTable } from './turnTable.js';
import { nextEpoch, probe, readValue, writeValue } from './zoneTable.js';

/** Why the disk takes nothing, and since when (ISO 8601, UTC). */
export interface StoreFault {
  readonly reason: string;
  readonly since: string;
}

/** The zone's database: its tables, one transaction at a time, durable when `transact` returns. */
export class Store implements Disposable {
  /** Number of this daemon's incarnation. */
  readonly epoch: number;
  readonly clones: CloneTable;
  readonly tasks: TaskTable;
  readonly approvals: ApprovalTable;
  readonly events: EventTable;
  readonly usage: UsageTable;
  readonly turns: TurnTable;
  readonly helpings: HelpingTable;
  readonly idempotency: IdempotencyTable;
  readonly retention: RetentionTable;
  /** Fires when the disk begins to refuse, and, with nothing, when it takes something again. */
  readonly faulted = new Emitter<StoreFault | undefined>();
  readonly #db: Db;
  #fault: StoreFault | undefined;

  /** @throws databaseNewer, zoneLocked, storageFailed */
  constructor(path: string) {
    this.#db = openDatabase(path);
    this.epoch = this.transact(() => nextEpoch(this.#db));
    this.clones = new CloneTable(this.#db);
    this.tasks = new TaskTable(this.#db);
    this.approvals = new ApprovalTable(this.#db);
    this.events = new EventTable(this.#db);
    this.usage = new UsageTable(this.#db);
    this.turns = new TurnTable(this.#db);
    this.helpings = new HelpingTable(this.#db);
    this.idempotency = new IdempotencyTable(this.#db);
    this.retention = new RetentionTable(this.#db, this.usage);
  }

  /**
   * Runs the writes of `work` as one transaction; on disk when it returns, undone when it throws.
   * @throws storageFailed
   */
  transact<T>(work: () => T): T {
    let result: T;
    try {
      result = this.#db.transaction(work).immediate();
    } catch (error) {
      const known = storageError(error);
      if (isKhloneError(known, 'storageFailed')) this.#tell(known.details.reason);
      throw known;
    }
    this.#tell(undefined);
    return result;
  }

  /** A value that is kept for the zone. */
  value(key: string): string | undefined {
    return readValue(this.#db, key);
  }

  /** Keeps a value for the zone; within `transact`. */
  keep(key: string, value: string): void {
    writeValue(this.#db, key, value);
  }

  /** Why the disk takes nothing; undefined where it does. Tried anew where it did not the last time. */
  fault(): StoreFault | undefined {
    if (this.#fault === undefined) return undefined;
    try {
      for (const step of ['write', 'remove'] as const) this.transact(() => probe(this.#db, step));
    } catch {
      // Noted by the attempt itself.
    }
    return this.#fault;
  }

  /** Bytes of the database file that are in use. */
  usedBytes(): number {
    const pragma = (name: string): number => Number(this.#db.pragma(name, { simple: true }));
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  #tell(reason: string | undefined): void {
    const before = this.#fault;
    if (before?.reason === reason) return;
    this.#fault = reason === undefined ? undefined : { reason, since: before?.since ?? now() };
    this.faulted.fire(this.#fault);
  }

  dispose(): void {
    this.faulted.dispose();
    if (this.#db.open) this.#db.close();
  }
}
