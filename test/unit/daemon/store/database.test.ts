import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, storageError } from '../../../../daemon/store/database.js';
import { migrations } from '../../../../daemon/store/migrations.js';
import { fail } from '../../../../protocol/fail.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  path = join(folder, 'khlone.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openDatabase', () => {
  it.each(['anew', 'again'])('commits durably, with one writer, %s', (when) => {
    if (when === 'again') openDatabase(path).close();
    const db = openDatabase(path);
    try {
      // The library's own default is 1, NORMAL, which loses acknowledged rows in a power cut.
      expect(db.pragma('synchronous', { simple: true })).toBe(2);
      expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(db.pragma('locking_mode', { simple: true })).toBe('exclusive');
      expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    } finally {
      db.close();
    }
  });

  it('refuses a second owner at once, and serves it when the first is gone', () => {
    const first = openDatabase(path);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ kind: 'zoneLocked' }) as Error);
    first.close();
    openDatabase(path).close();
  });

  it('brings a database to the version of this build, and keeps its rows', () => {
    const db = openDatabase(path);
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length);
    db.exec(`INSERT INTO zone VALUES ('a', 'b')`);
    db.close();
    const again = openDatabase(path);
    expect(again.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(again.prepare('SELECT * FROM zone').all()).toEqual([{ key: 'a', value: 'b' }]);
    again.close();
  });

  it('counts the tasks of an older database, and lets its keys count from now on', () => {
    const raw = new Database(path);
    for (const sql of migrations.slice(0, 3)) raw.exec(sql);
    raw.pragma('user_version = 3');
    const insert = raw.prepare(
      `INSERT INTO tasks (id, kind, who, say, status, labels, queued_at) VALUES (?, 'act', 'm', 's', ?, '{}', '')`,
    );
    for (const [id, status] of [
      ['a', 'done'],
      ['b', 'done'],
      ['c', 'queued'],
    ])
      insert.run(id, status);
    raw.prepare(`INSERT INTO idempotency VALUES ('k', 'd', 's')`).run();
    raw.close();
    const db = openDatabase(path);
    expect(db.prepare('SELECT * FROM task_counts ORDER BY status').all()).toEqual([
      { status: 'done', n: 2 },
      { status: 'queued', n: 1 },
    ]);
    const { at } = db.prepare('SELECT at FROM idempotency').get() as { at: number };
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
    db.close();
  });

  it('refuses a database of a newer version and leaves it as it is', () => {
    const newer = migrations.length + 1;
    const raw = new Database(path);
    raw.exec('CREATE TABLE of_the_future (a)');
    raw.pragma(`user_version = ${newer}`);
    raw.close();
    expect(() => openDatabase(path)).toThrow(
      expect.objectContaining({
        kind: 'databaseNewer',
        details: { path, found: newer, supported: migrations.length },
      }) as Error,
    );
    const after = new Database(path);
    expect(after.pragma('user_version', { simple: true })).toBe(newer);
    expect(after.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all()).toEqual([
      { name: 'of_the_future' },
    ]);
    after.close();
  });

  it('says of a file that is no database that it is damaged', () => {
    writeFileSync(path, 'this was never a database, it is only long enough to be looked at'.repeat(100));
    expect(() => openDatabase(path)).toThrow(
      expect.objectContaining({
        kind: 'storageFailed',
        details: { reason: 'the database is damaged, or cannot be read' },
      }) as Error,
    );
  });

  it('says of what cannot be opened that it cannot', () => {
    mkdirSync(path);
    expect(() => openDatabase(path)).toThrow(
      expect.objectContaining({
        kind: 'storageFailed',
        details: { reason: 'the database cannot be opened' },
      }) as Error,
    );
  });
});

describe('storageError', () => {
  it.each([
    ['SQLITE_FULL', 'the disk is full'],
    ['SQLITE_READONLY_DBMOVED', 'the database is read-only'],
    ['SQLITE_IOERR_FSYNC', 'the disk reports an error (SQLITE_IOERR_FSYNC)'],
    ['SQLITE_CORRUPT_INDEX', 'the database is damaged, or cannot be read'],
    ['SQLITE_BUSY', 'the database is locked'],
  ])('tells %s as %s', (code, reason) => {
    expect(storageError(new Database.SqliteError('x', code))).toMatchObject({
      kind: 'storageFailed',
      details: { reason },
    });
  });

  it('leaves alone what is no fault of a disk', () => {
    const constraint = new Database.SqliteError('x', 'SQLITE_CONSTRAINT_UNIQUE');
    const known = fail('taskNotFound', { task: 't_1' });
    expect(storageError(constraint)).toBe(constraint);
    expect(storageError(known)).toBe(known);
  });

  it('is what a full disk gives', () => {
    const db = openDatabase(path);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
    const fill = (): void => {
      for (let i = 0; i < 10_000; i++) {
        db.prepare('INSERT INTO zone VALUES (?, ?)').run(String(i), 'x'.repeat(4000));
      }
    };
    let caught: unknown;
    try {
      db.transaction(fill).immediate();
    } catch (error) {
      caught = error;
    }
    expect(storageError(caught)).toMatchObject({
      kind: 'storageFailed',
      details: { reason: 'the disk is full' },
    });
    expect(db.prepare('SELECT count(*) AS n FROM zone').get()).toEqual({ n: 0 });
    db.close();
  });
});
