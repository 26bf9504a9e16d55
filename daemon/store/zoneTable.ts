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
