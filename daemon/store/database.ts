import Database from 'better-sqlite3';
import { fail } from '../../protocol/fail.js';
import { KhloneError } from '../../protocol/error.js';
import { migrations } from './migrations.js';

/** An open zone database; one writer, for life. */
export type Db = Database.Database;

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
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    migrate(db, path);
    return db;
  } catch (error) {
    db?.close();
    if (isCode(error, 'SQLITE_BUSY')) throw fail('zoneLocked', { path });
    throw storageError(error);
  }
}

function migrate(db: Db, path: string): void {
  const found = Number(db.pragma('user_version', { simple: true }));
  if (found > migrations.length) throw fail('databaseNewer', { path, found, supported: migrations.length });
  // Written even when nothing changes: a write takes the exclusive lock now, not at the first task.
  db.transaction(() => {
    for (const sql of migrations.slice(found)) db.exec(sql);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

function isCode(error: unknown, prefix: string): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith(prefix);
}

/** What a failed statement means to a caller: a value of the registry stays, the rest is storageFailed. */
export function storageError(error: unknown): Error {
  if (error instanceof KhloneError) return error;
  if (error instanceof Database.SqliteError) return fail('storageFailed', { reason: reasonOf(error) });
  return error instanceof Error ? error : new Error(String(error));
}

function reasonOf(error: InstanceType<typeof Database.SqliteError>): string {
  if (error.code === 'SQLITE_FULL') return 'the disk is full';
  if (error.code.startsWith('SQLITE_READONLY')) return 'the database is read-only';
  if (error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB')
    return 'the database is damaged';
  if (error.code.startsWith('SQLITE_IOERR')) return `the disk reports an error (${error.code})`;
  if (error.code === 'SQLITE_CANTOPEN') return 'the database cannot be opened';
  return error.code;
}
