import { expect, test } from 'vitest';
import { DaemonZone } from '../support/daemon.js';

test('a reader whose place is not of this history is told so, gets all there is, and hears what follows', async () => {
  await using zone = new DaemonZone();
  const khlone = await zone.connect();
  const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
  const from = { epoch: 1, seq: 1_000_000 };
  const gaps: unknown[] = [];
  const events = khlone.events({ from, onGap: (gap) => gaps.push(gap) });
  await events.ready;
  const task = await khlone.clone.act({ who: name, say: 'hello' });
  const seen: number[] = [];
  for await (const event of events) {
    if (event.type !== 'message.delta') seen.push(event.cursor.seq);
    if (event.type === 'task.finished' && event.task === task.id) break;
  }
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => at + 1));
  expect(gaps).toEqual([{ from, to: { epoch: 1, seq: 0 } }]);
});
