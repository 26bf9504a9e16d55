import { createHash } from 'node:crypto';
import { fail } from '../../protocol/fail.js';
import type { Db } from './database.js';

/** Remembers what a call with an idempotency key made, until the key is pruned (retention.ts). */
export class IdempotencyTable {
  readonly #get;
  readonly #insert;

  constructor(db: Db) {
    this.#get = db.prepare<[string], { digest: string; subject: string }>(
      'SELECT digest, subject FROM idempotency WHERE key = ?',
    );
    // A key whose task is gone stands for nothing any more, and is given anew.
    this.#insert = db.prepare<[string, string, string, number]>(
      `INSERT INTO idempotency (key, digest, subject, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, subject = excluded.subject, at = excluded.at`,
    );
  }

  /**
   * What an earlier call with this key made, if there was one.
   * @throws idempotencyConflict when that call was a different one.
   */
  find(key: string, call: unknown): string | undefined {
    const row = this.#get.get(key);
    if (!row) return undefined;
    if (row.digest !== digestOf(call)) throw fail('idempotencyConflict', { key });
    return row.subject;
  }

  record(key: string, call: unknown, subject: string): void {
    this.#insert.run(key, digestOf(call), subject, Date.now());
  }
}

function digestOf(call: unknown): string {
  return createHash('sha256').update(canonical(call)).digest('hex');
}

/** JSON with the members of every object in one order, so that equal calls have equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
