import { join } from 'node:path';
import Database from 'better-sqlite3';
import { interleaved, median, micros, row } from './measure.mjs';
import { inScratchZone } from './scratch.mjs';

/** A durable `clone/act` receipt, against one commit of a row of its size in SQLite, on the same file system. */
export function receipt() {
  return inScratchZone(async ({ folder, open }) => {
    const khlone = await open();
    const database = new Database(join(folder, 'bare.db'));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE task (id INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    const insert = database.prepare('INSERT INTO task (body) VALUES (?)');
    const body = JSON.stringify({ who: 'mechanic.1', say: 'x'.repeat(200) });
    try {
      const { name: who } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
      // Nothing runs while receipts are timed: the first task holds the clone.
      await khlone.clone.act({ who, say: 'hang' });
      const works = {
        ours: () => khlone.clone.act({ who, say: 'say hello' }),
        bare: () => insert.run(body),
      };
      await interleaved({ blocks: 1, perBlock: 50, ...works });
      const { ours, bare } = await interleaved({ blocks: 10, perBlock: 50, ...works });
      const [a, b] = [median(ours), median(bare)];
      return [
        row({
          name: 'clone/act receipt, p50, against one commit with synchronous=FULL',
          limit: 3,
          value: a / b,
          unit: 'x',
          detail: `${micros(a)} against ${micros(b)}`,
        }),
      ];
    } finally {
      database.close();
      await khlone.close();
    }
  });
}
