import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../client/index.js';
import { amount } from '../support/chaos/amount.js';
import { expectUnbroken, Siege } from '../support/chaos/siege.js';
import { DaemonZone } from '../support/daemon.js';
import { history } from '../support/events.js';
import { Random } from '../support/random.js';

const rounds = amount({ short: 60, full: 1_000 });
/** Within so many rounds a daemon that lacks a protection is found out. */
const controlRounds = 40;

function countKinds(events: readonly Event[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    const ends = event.type === 'task.finished' || event.type === 'approval.resolved';
    const kind = ends ? `${event.type} ${event.value.status}` : event.type;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

let zone: DaemonZone;
beforeEach(() => void (zone = new DaemonZone()));
afterEach(() => zone[Symbol.asyncDispose]());

describe('a daemon that is killed under load', () => {
  it(`loses no receipt, no event and no process in ${rounds} rounds`, async () => {
    const random = new Random(Number(process.env['KHLONE_TEST_SEED'] ?? Date.now() % 1_000_000));
    console.info(`KHLONE_TEST_SEED=${random.seed} repeats the choices of this run`);
    const siege = await Siege.lay(zone, random);
    const { ledger } = siege;
    const watcher = await zone.connect();
    const stream = watcher.events({ from: 'start' });
    const watching = (async () => {
      for await (const event of stream) if (event.type !== 'message.delta') ledger.events.push(event);
    })();

    for (let round = 0; round < rounds; round++) await siege.round();
    await siege.conclude(rounds);

    // A client that was connected all the time has seen the whole history, once.
    const stored = await history(watcher);
    expectUnbroken(stored);
    expect(stored[0]?.cursor.seq).toBe(1);
    while ((stream.cursor?.seq ?? 0) < (stored.at(-1)?.cursor.seq ?? 0)) await wait(10);
    await stream.return();
    await watching;
    expect(ledger.events.map(({ cursor }) => cursor)).toEqual(stored.map(({ cursor }) => cursor));
    expect(ledger.events).toEqual(stored);
    expect(new Set(stored.map(({ cursor }) => cursor.epoch)).size).toBe(rounds + 1);
    // All of this was under way when the daemons were killed.
    const kinds = countKinds(stored);
    for (const kind of [
      'task.finished done',
      'task.finished interrupted',
      'task.finished cancelled',
      'approval.resolved withdrawn',
      'approval.resolved allowed',
    ]) {
      expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(10);
    }
  });
});

describe('the controls: it is found out', () => {
  it.each([
    ['a receipt that is sent before the commit', 'commitsLater', /to be 't_|There is no|No clone/],
    ['a call that is made anew when it is sent again', 'forgetsKeys', /to be 't_|is taken/],
    ['what is told again by the next daemon', 'forgetsTold', /told twice/],
    ['what an earlier daemon left running', 'leavesBehind', /is left/],
  ])('%s', async (_, name, complaint) => {
    const program = join(import.meta.dirname, `../support/chaos/heedless/${name}.mjs`);
    const siege = await Siege.lay(zone, new Random(1), { program, patienceMs: 3_000 });
    const besiege = async (): Promise<void> => {
      for (let round = 0; round < controlRounds; round++) await siege.round();
    };
    await expect(besiege()).rejects.toThrow(complaint);
  });
});
