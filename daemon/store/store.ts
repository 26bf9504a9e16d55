import type { Disposable } from '../lifecycle.js';
import { ApprovalTable } from './approvalTable.js';
import { CloneTable } from './cloneTable.js';
import { type Db, openDatabase, storageError } from './database.js';
import { EventTable } from './eventTable.js';
import { IdempotencyTable } from './idempotencyTable.js';
import { RetentionTable } from './retention.js';
import { TaskTable } from './taskTable.js';
import { UsageTable } from './usageTable.js';
import { nextEpoch } from './zoneTable.js';

/** The zone's database: its tables, one transaction at a time, durable when `transact` returns. */
export class Store implements Disposable {
  /** Number of this daemon's incarnation. */
  readonly epoch: number;
  readonly clones: CloneTable;
  readonly tasks: TaskTable;
  readonly approvals: ApprovalTable;
  readonly events: EventTable;
  readonly usage: UsageTable;
  readonly idempotency: IdempotencyTable;
  readonly retention: RetentionTable;
  readonly #db: Db;

  /** @throws databaseNewer, zoneLocked, storageFailed */
  constructor(path: string) {
    this.#db = openDatabase(path);
    this.epoch = this.transact(() => nextEpoch(this.#db));
    this.clones = new CloneTable(this.#db);
    this.tasks = new TaskTable(this.#db);
    this.approvals = new ApprovalTable(this.#db);
    this.events = new EventTable(this.#db);
    this.usage = new UsageTable(this.#db);
    this.idempotency = new IdempotencyTable(this.#db);
    this.retention = new RetentionTable(this.#db, this.usage);
  }

  /**
   * Runs the writes of `work` as one transaction; on disk when it returns, undone when it throws.
   * @throws storageFailed
   */
  transact<T>(work: () => T): T {
    try {
      return this.#db.transaction(work).immediate();
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Bytes of the database file that are in use. */
  usedBytes(): number {
    const pragma = (name: string): number => Number(this.#db.pragma(name, { simple: true }));
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  dispose(): void {
    if (this.#db.open) this.#db.close();
  }
}
