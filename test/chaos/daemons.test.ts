import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type Khlone } from '../../client/index.js';
import { parseReport, type LaunchReport } from '../../client/launch.js';
import { amount } from '../support/chaos/amount.js';
import { preload } from '../support/chaos/preload.js';
import { daemonProgram } from '../support/daemon.js';
import { goneWithin } from '../support/processes.js';
import { type ZoneSandbox, zoneSandbox } from '../support/zone/sandbox.js';

const racers = 8;
const rounds = amount({ short: 12, full: 5_000 });
/** How long one daemon may take to start or to end beside seven others on a slow machine, in ms. */
const patienceMs = 60_000;

interface Racer {
  readonly child: ChildProcess;
  readonly report: LaunchReport;
}

let sandbox: ZoneSandbox;
let started: ChildProcess[] = [];

function start(env: NodeJS.ProcessEnv): Promise<Racer> {
  const child = spawn(process.execPath, [daemonProgram, '--zone', sandbox.zone.root], {
    env: { ...sandbox.env, ...env, KHLONE_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  return text(child.stdio[3] as Readable).then((line) => ({ child, report: parseReport(line.trim()) }));
}

/** Starts eight daemons at once and tells how each fared; those that lost have ended. */
async function race(env: NodeJS.ProcessEnv = {}): Promise<Racer[]> {
  const all = await Promise.all(Array.from({ length: racers }, () => start(env)));
  await Promise.all(all.filter(({ report }) => report.state !== 'ready').map(({ child }) => ended(child)));
  return all;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

const readyOf = (all: readonly Racer[]): Racer[] => all.filter(({ report }) => report.state === 'ready');

afterEach(async () => {
  await Promise.all(started.map(kill));
  for (const { pid } of started) if (pid !== undefined) await goneWithin(pid, patienceMs);
  started = [];
  sandbox.remove();
});

describe('eight daemons that start at once', () => {
  it(`have one owner among them, ${rounds} times, each after the last one was killed`, async () => {
    sandbox = zoneSandbox();
    const { env, zone } = sandbox;
    let epoch = 0;
    for (let round = 0; round < rounds; round++) {
      const all = await race();
      const states = all.map(({ report }) => report.state).sort();
      expect({ round, states }).toEqual({
        round,
        states: [...Array.from({ length: racers - 1 }, () => 'locked'), 'ready'],
      });
      const [owner] = readyOf(all);
      const khlone: Khlone = await connect({ zone: zone.root, env, autoStart: false });
      try {
        const { daemon, cursor } = await khlone.daemon.status();
        expect(daemon.pid).toBe(owner?.child.pid);
        // A loser that had come as far as the database would have counted too.
        expect(cursor.epoch).toBe(++epoch);
      } finally {
        await khlone.close();
      }
      if (owner) await kill(owner.child);
      started = [];
    }
  });

  it.runIf(process.platform === 'linux')(
    'are several with the zone in hand where locks hold nobody back',
    async () => {
      sandbox = zoneSandbox();
      const library = await preload('locksIgnored.c', sandbox.folder);
      const all = await race({ LD_PRELOAD: library });
      // Past the lock only the look at who listens is left, which comes too late: the database is open by then.
      expect(all.filter(({ report }) => report.state === 'locked')).toEqual([]);
    },
  );
});
