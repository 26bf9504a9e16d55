import Database from 'better-sqlite3';
import { fail } from '../../protocol/fail.js';
import { migrations } from './migrations.js';

/** An open zone database; one writer, for life. */
export type Db = Database.Database;

/** Size to which the write-ahead log is cut back; it is written over from its beginning every 4 MB. */
const journalBytes = 16 * 2 ** 20;

/**
 * Opens the zone's database durably and brings it to this build's schema.
 *
 * `synchronous=FULL` is set on every open, since the library's default loses acknowledged rows in
 * a power cut. `locking_mode=EXCLUSIVE` is the second fence behind the zone's lock file: no file of
 * the database may be opened a second time in this process, since closing any descriptor of it
 * drops SQLite's own lock.
 *
 * @throws databaseNewer, zoneLocked, storageFailed
 */
export function openDatabase(path: string): Db {
  let db: Db | undefined;
  try {
    // No busy wait: whoever holds the exclusive lock holds it for life.
    db = new Database(path, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    // Before the first pragma that may write: a database of a newer build is not ours to touch.
    const found = versionOf(db);
    if (found > migrations.length) throw fail('databaseNewer', { path, found, supported: migrations.length });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // What one large transaction made of the write-ahead log is given back with the next checkpoint.
    db.pragma(`journal_size_limit = ${journalBytes}`);
    migrate(db, found);
    return db;
  } catch (error) {
    db?.close();
    if (isCode(error, 'SQLITE_BUSY')) throw fail('zoneLocked', { path });
    throw storageError(error);
  }
}

function versionOf(db: Db): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function migrate(db: Db, found: number): void {
  // Written even when nothing changes: a write takes the exclusive lock now, not at the first task.
  db.transaction(() => {
    for (const sql of migrations.slice(found)) db.exec(sql);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

function isCode(error: unknown, prefix: string): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith(prefix);
}

/** What a failed statement means to a caller: a disk that fails is storageFailed, all else stays what it is. */
export function storageError(error: unknown): Error {
  if (!(error instanceof Database.SqliteError))
    return error instanceof Error ? error : new Error(String(error));
  const reason = diskReason(error.code);
  return reason === undefined ? error : fail('storageFailed', { reason });
}

/** Why the disk fails; undefined for an error that is no disk's fault, such as a constraint. */
function diskReason(code: string): string | undefined {
  if (code === 'SQLITE_FULL') return 'the disk is full';
  if (code.startsWith('SQLITE_READONLY')) return 'the database is read-only';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return 'the database is damaged, or cannot be read';
  if (code.startsWith('SQLITE_IOERR')) return `the disk reports an error (${code})`;
  if (code.startsWith('SQLITE_CANTOPEN')) return 'the database cannot be opened';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'the database is locked';
  return undefined;
}
