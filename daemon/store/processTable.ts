import type { ProcessIdentity, ProcessRecorder } from '../holder/contract.js';
import { type Db, storageError } from './database.js';

/** Remembers which processes this zone started, so that a later daemon ends what a killed one left. */
export class ProcessTable implements ProcessRecorder {
  readonly #insert;
  readonly #delete;
  readonly #all;

  constructor(db: Db) {
    this.#insert = db.prepare<[string, number, string, string]>(
      'INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?)',
    );
    this.#delete = db.prepare<[string]>('DELETE FROM processes WHERE run = ?');
    this.#all = db.prepare<[], { run: string; pid: number; start_time: string; boot_id: string }>(
      'SELECT * FROM processes',
    );
  }

  /** @throws storageFailed */
  started(identity: ProcessIdentity): void {
    try {
      this.#insert.run(identity.run, identity.pid, identity.startTime, identity.bootId);
    } catch (error) {
      throw storageError(error);
    }
  }

  ended(identity: ProcessIdentity): void {
    this.#delete.run(identity.run);
  }

  all(): ProcessIdentity[] {
    return this.#all
      .all()
      .map((row) => ({ run: row.run, pid: row.pid, startTime: row.start_time, bootId: row.boot_id }));
  }
}
