import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KhloneError, type Khlone } from '../../client/index.js';
import { type LaunchReport, parseReport } from '../../client/launch.js';
import { amount } from '../support/chaos/amount.js';
import { DiskFaults, type FaultOrder } from '../support/chaos/diskFaults.js';
import { daemonProgram, DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history } from '../support/events.js';
import { Ledger } from '../support/ledger.js';
import { Random } from '../support/random.js';

const rounds = amount({ short: 20, full: 200 });
const clientCount = 3;
/** Calls of each client in a round. */
const callsEach = 12;
const words = ['Say hello', 'slow 20', 'Say a lot; remember the milk', 'fail'] as const;

/** What may be said to fail. */
const faults: readonly Pick<FaultOrder, 'calls' | 'error'>[] = [
  { calls: ['write'], error: 'EIO' },
  { calls: ['write'], error: 'ENOSPC' },
  { calls: ['sync'], error: 'EIO' },
  { calls: ['read'], error: 'EIO' },
  { calls: ['change'], error: 'EIO' },
  { calls: ['change', 'write'], error: 'ENOSPC' },
  { calls: ['open'], error: 'EMFILE' },
  { calls: ['write', 'sync', 'open', 'change', 'read'], error: 'EIO' },
];

/** What a call may come to besides: others were quicker. */
const raced: ReadonlySet<string> = new Set(['taskFinished', 'taskNotRetryable']);

let zone: DaemonZone;
let disk: DiskFaults;
let daemon: ChildProcess | undefined;
beforeEach(async () => {
  zone = new DaemonZone();
  const scratch = join(zone.sandbox.folder, 'f');
  mkdirSync(scratch);
  disk = await DiskFaults.below(zone.paths.stateDir, scratch);
});
afterEach(async () => {
  disk.lift();
  await zone[Symbol.asyncDispose]();
  disk[Symbol.dispose]();
});

/** Starts a daemon on the disk that may fail. */
async function start(args: readonly string[] = []): Promise<LaunchReport> {
  const child = spawn(process.execPath, [...args, daemonProgram, '--zone', zone.root], {
    env: { ...zone.sandbox.env, ...disk.env, KHLONE_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  daemon = child;
  const line = await text(child.stdio[3] as Readable);
  return parseReport(line.trim());
}

async function kill(): Promise<void> {
  if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = once(daemon, 'exit');
  daemon.kill('SIGKILL');
  await gone;
}

const connect = (): Promise<Khlone> => zone.connect({ autoStart: false });

/** One client's calls; answers with how many the disk refused. */
async function load(client: Khlone, ledger: Ledger, random: Random): Promise<number> {
  let refused = 0;
  for (let call = 0; call < callsEach; call++) {
    try {
      const dice = random.next();
      const clones = [...ledger.enrolments.values()].flatMap(({ receipt }) => receipt ?? []);
      if (dice < 0.75) {
        const entry = ledger.act(random.pick(clones) ?? '', random.pick(words));
        entry.receipt = (await client.clone.act(entry.params)).id;
      } else if (dice < 0.8 && clones.length < 12) {
        const entry = ledger.enroll({ role: 'worker', brain: 'demo' });
        entry.receipt = (await client.clone.enroll(entry.params)).name;
      } else if (dice < 0.9) {
        const task = random.pick(
          [...ledger.acts.values()].flatMap(({ receipt }) => receipt ?? []).slice(-20),
        );
        if (task !== undefined) await client.task.cancel({ task });
      } else await client.task.list({ limit: 20 });
    } catch (error) {
      if (!(error instanceof KhloneError)) throw error;
      if (raced.has(error.kind)) continue;
      // Nothing else may become of a disk that fails.
      expect(error).toMatchObject({ kind: 'storageFailed', retryable: true });
      expect(error.hint).toContain('khlone doctor');
      refused += 1;
    }
  }
  return refused;
}

/** Receipts of which the daemon knows nothing. */
async function falseReceipts(client: Khlone, ledger: Ledger): Promise<string[]> {
  const names = new Set((await client.clone.list()).clones.map(({ name }) => name));
  const lost = [...ledger.enrolments.values()].flatMap(({ receipt }) =>
    receipt === undefined || names.has(receipt) ? [] : [receipt],
  );
  for (const { receipt, params } of ledger.acts.values()) {
    if (receipt === undefined) continue;
    const known = await client.task.get({ task: receipt }).catch((error: unknown) => error);
    if (known instanceof KhloneError && known.kind === 'taskNotFound') lost.push(receipt);
    else expect(known).toMatchObject({ say: params.say });
  }
  return lost;
}

async function prepare(ledger: Ledger, args: readonly string[] = []): Promise<Khlone[]> {
  expect(await start(args)).toMatchObject({ state: 'ready' });
  const clients = await Promise.all(Array.from({ length: clientCount }, connect));
  for (let clone = 0; clone < 3; clone++) {
    const entry = ledger.enroll({ role: 'worker', brain: 'demo' });
    entry.receipt = (await (clients[0] as Khlone).clone.enroll(entry.params)).name;
  }
  return clients;
}

describe.runIf(process.platform === 'linux')('a disk that fails at any point of the store', () => {
  it(`makes no receipt false in ${rounds} rounds, is told of, and is used again once it works`, async () => {
    const random = new Random(Number(process.env['KHLONE_TEST_SEED'] ?? Date.now() % 1_000_000));
    console.info(`KHLONE_TEST_SEED=${random.seed} repeats the choices of this run`);
    const ledger = new Ledger();
    let clients = await prepare(ledger);
    const seen = { hits: 0, refused: 0, told: 0, starts: 0 };

    for (let round = 0; round < rounds; round++) {
      const fault = random.pick(faults) as (typeof faults)[number];
      const lasting = random.next() < 0.5;
      disk.arm({ ...fault, skip: random.between(0, 60), ...(!lasting && { count: random.between(1, 20) }) });
      const refusals = await Promise.all(clients.map((client) => load(client, ledger, random)));
      seen.refused += refusals.reduce((sum, count) => sum + count, 0);

      const [client] = clients as [Khlone];
      const { storage, daemon: who } = await client.daemon.status().catch((error: unknown) => {
        // What it tells comes from the disk too, in part.
        expect(error).toMatchObject({ kind: 'storageFailed' });
        return { storage: undefined, daemon: client.session.daemon };
      });
      expect(who.pid).toBe(daemon?.pid);
      if (storage?.state === 'failing') {
        expect(storage.reason).toMatch(/disk|database/);
        seen.told += 1;
      }

      if (round % 2 === 0) {
        await kill();
        seen.hits += disk.lift();
        if (random.next() < 0.5) {
          // The next one meets it from its first file on.
          disk.arm({ ...fault, skip: random.between(0, 40), count: random.between(1, 5) });
          const report = await start();
          if (report.state !== 'ready') {
            expect(report).toMatchObject({ state: 'failed', error: { kind: 'storageFailed' } });
            seen.starts += 1;
          }
          seen.hits += disk.lift();
          await kill();
        }
        expect(await start()).toMatchObject({ state: 'ready' });
        await Promise.all(clients.map((lost) => lost.close()));
        clients = await Promise.all(Array.from({ length: clientCount }, connect));
      } else {
        seen.hits += disk.lift();
      }
      const [now] = clients as [Khlone];
      expect((await now.daemon.status()).storage).toEqual({ state: 'ok' });
      const entry = ledger.act('worker.1', 'Say hello');
      entry.receipt = (await now.clone.act(entry.params)).id;
      expect({ round, lost: await falseReceipts(now, ledger) }).toEqual({ round, lost: [] });
    }

    console.info(JSON.stringify(seen));
    expect(seen.hits).toBeGreaterThan(rounds);
    expect(seen.refused).toBeGreaterThan(rounds);
    expect(seen.told).toBeGreaterThan(0);
    const [client] = clients as [Khlone];
    for (const { receipt } of ledger.acts.values()) {
      if (receipt === undefined) continue;
      const { error } = await client.task.wait({ task: receipt });
      expect(error?.kind).not.toBe('internalError');
    }
    const stored = await history(client);
    expect(stored.map(({ cursor }) => cursor.seq)).toEqual(stored.map((_, index) => index + 1));
    // The log tells of the disk, and of nothing that went wrong beside it.
    const logged = loggedErrors(zone.paths.log);
    expect(
      logged.filter((line) => /"message":"(?:uncaught|unhandled|a call failed inside)"/.test(line)),
    ).toEqual([]);
  });

  it('is found out by this test where receipts are sent whatever becomes of the commit', async () => {
    const random = new Random(1);
    const ledger = new Ledger();
    const careless = join(import.meta.dirname, '../support/chaos/receiptsBeforeCommit.mjs');
    const clients = await prepare(ledger, ['--import', careless]);
    disk.arm({ calls: ['write'], error: 'EIO', skip: 5, count: 1000 });
    await Promise.all(clients.map((client) => load(client, ledger, random).catch(() => 0)));
    await kill();
    disk.lift();
    expect(await start()).toMatchObject({ state: 'ready' });
    expect((await falseReceipts(await connect(), ledger)).length).toBeGreaterThan(0);
  });
});
