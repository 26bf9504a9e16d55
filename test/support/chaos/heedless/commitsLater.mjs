/** A daemon that sends receipts some time before what they are for is on disk. */
import Database from 'better-sqlite3';

/** Between two commits, in ms. */
const laterMs = 100;
let open = false;

Database.prototype.transaction = function later(work) {
  const immediate = (...args) => {
    if (!open) {
      this.exec('BEGIN IMMEDIATE');
      open = true;
      setTimeout(() => {
        open = false;
        if (this.open) this.exec('COMMIT');
      }, laterMs);
    }
    this.exec('SAVEPOINT work');
    try {
      const result = work(...args);
      this.exec('RELEASE work');
      return result;
    } catch (error) {
      this.exec('ROLLBACK TO work');
      throw error;
    }
  };
  return Object.assign(immediate, { immediate });
};
await import('../../../../dist/daemon/main.js');
