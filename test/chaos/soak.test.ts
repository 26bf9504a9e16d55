import { describe, expect, it } from 'vitest';
import { amount, isFull } from '../support/chaos/amount.js';
import { type Reading, tenths } from '../support/chaos/soak/gauge.js';
import { Soak, type SoakRequest } from '../support/chaos/soak/soak.js';

const seed = Number(process.env['KHLONE_TEST_SEED'] ?? Date.now() % 1_000_000);
const daySeconds = amount({ short: 0, full: 3_600 });

/** A busy part of a day: it takes one to find its measure, and the next ones add nothing to it. */
const partMs = 7_000;
/** In so short a time code is still being compiled; what was kept by mistake would be several times as much. */
const partLimit = 1.2;
/** The figure that is promised of a day. */
const dayLimit = 1.1;

function tell(readings: readonly Reading[], { done }: Soak): void {
  const counts = [...done].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => `${name} ${n}`);
  console.info(`KHLONE_TEST_SEED=${seed}\n${counts.join(', ')}`);
  console.table(readings.length < 10 ? readings : tenths(readings));
}

/** How many times as much a daemon holds at rest after some part of a day as it did before. */
async function heldAfter(request: SoakRequest, ms = partMs): Promise<number> {
  await using soak = await Soak.begin(request);
  const readings: Reading[] = [];
  for (let part = 0; part < 2; part++) {
    await soak.busy({ ms, readings: 1 });
    readings.push(await soak.atRest());
  }
  tell(readings, soak);
  expect(soak.errors()).toEqual([]);
  const [before = 0, after = 0] = readings.map(({ heapUsed, external }) => heapUsed + external);
  return after / before;
}

describe('the memory of a daemon', () => {
  const brief = { seed, pace: 0.1 };

  it('is given back, whatever ten busy clones and their visitors do', async () => {
    expect(await heldAfter(brief)).toBeLessThan(partLimit);
  });

  it.runIf(isFull)('is not, where it keeps what it sends', async () => {
    // On a machine with other work, too, enough is sent in this time.
    expect(await heldAfter({ ...brief, leak: true }, 3 * partMs)).toBeGreaterThan(partLimit);
  });

  it.runIf(isFull)(
    `is the same at the end of a busy day as at its start, which takes ${daySeconds} s`,
    async () => {
      await using soak = await Soak.begin({ seed, pace: 1 });
      const told = (reading: Reading): void =>
        console.info(JSON.stringify({ ...reading, tasks: soak.done.get('waits') }));
      const readings = await soak.busy({ ms: daySeconds * 1000, readings: 120, told });
      tell(readings, soak);
      expect(soak.errors()).toEqual([]);
      expect(new Set(readings.map(({ pid }) => pid)).size).toBe(1);
      const parts = tenths(readings).map(({ rss }) => rss);
      expect((parts.at(-1) ?? Infinity) / (parts[0] ?? 0)).toBeLessThan(dayLimit);
    },
  );
});
