import type { Db } from './database.js';

/** Counts this start of a daemon on the zone and answers with its number. */
export function nextEpoch(db: Db): number {
  const row = db
    .prepare(
      `INSERT INTO zone (key, value) VALUES ('epoch', '1')
       ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value`,
    )
    .get() as { value: string };
  return Number(row.value);
}

/** As much as a call may write: on a full disk less may still find room. */
const probeText = 'x'.repeat(64 * 1024);

/** Writes something, or takes it away again: whether that works tells whether the disk takes anything. */
export function probe(db: Db, step: 'write' | 'remove'): void {
  if (step === 'remove') db.prepare(`DELETE FROM zone WHERE key = 'probe'`).run();
  else db.prepare(`INSERT OR REPLACE INTO zone (key, value) VALUES ('probe', ?)`).run(probeText);
}

/** A value that is kept for the zone. */
export function readValue(db: Db, key: string): string | undefined {
  const row = db.prepare('SELECT value FROM zone WHERE key = ?').get(key) as { value: string } | undefined;
  return row?.value;
}

/** Keeps a value for the zone. */
export function writeValue(db: Db, key: string, value: string): void {
  db.prepare('INSERT OR REPLACE INTO zone (key, value) VALUES (?, ?)').run(key, value);
}
