import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInTerminal } from '../../daemon/holder/program/terminal.js';
import { DaemonZone } from '../support/daemon.js';
import { nextEvent } from '../support/events.js';
import { HolderStage } from '../support/holders.js';
import { isAlive } from '../support/processes.js';
import { Random } from '../support/random.js';

const size = { cols: 80, rows: 24 };
const patient = { timeout: 30_000 };
/** How many run at once. */
const lanes = 8;

/** A text that is the same for the same seed, without a character that a terminal would change. */
function seededText(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += random.next().toString(36).slice(2);
  return text.slice(0, length);
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a thousand short programs', () => {
  let stage: HolderStage;
  let files: { readonly path: string; readonly hash: string }[];
  beforeEach(() => {
    stage = new HolderStage();
    const random = new Random(Number(process.env['KHLONE_TEST_SEED'] ?? 1));
    mkdirSync(join(stage.folder, 'texts'));
    files = Array.from({ length: 50 }, (_, n) => {
      const text = seededText(random, random.between(1_000, 100_000));
      const path = join(stage.folder, 'texts', String(n));
      writeFileSync(path, text);
      return { path, hash: hashOf(text) };
    });
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  const orderOf = (path: string) => ({
    tag: { clone: 'shell.1' },
    program: 'cat',
    args: [path],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    umask: 0o022,
  });

  /** Runs them side by side, and answers with the numbers of those that lost anything. */
  async function lossesOf(count: number, run: (path: string) => Promise<string>): Promise<number[]> {
    const lost: number[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let n = next++; n < count; n = next++) {
        const file = files[n % files.length];
        if (file !== undefined && (await run(file.path)) !== file.hash) lost.push(n);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return lost;
  }

  it('lose no byte in the terminals they run in', async () => {
    const run = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const hash = createHash('sha256');
        startInTerminal({ ...orderOf(path), size }, 'f'.repeat(16), {
          output: (_, chunk) => hash.update(chunk),
          taken: () => undefined,
          ended: () => undefined,
          drained: () => resolve(hash.digest('hex')),
        });
      });
    expect(await lossesOf(1_000, run)).toEqual([]);
  });

  it('lose no byte on the way through holders of their own either', async () => {
    const holders = stage.open();
    const run = async (path: string): Promise<string> => {
      const terminal = await holders.spawnTerminal(orderOf(path), size);
      const hash = createHash('sha256');
      terminal.onOutput((_, chunk) => hash.update(chunk));
      await terminal.exited;
      return hash.digest('hex');
    };
    expect(await lossesOf(200, run)).toEqual([]);
    await holders.close();
  });
});

describe('a daemon', () => {
  let zone: DaemonZone;
  beforeEach(() => {
    zone = new DaemonZone();
  });
  afterEach(() => zone[Symbol.asyncDispose]());

  it('starts no process for holders before a clone is enrolled, and then keeps one in reserve', async () => {
    const khlone = await zone.connect();
    expect(zone.processes()).toHaveLength(1);
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await expect.poll(() => zone.processes(), patient).toHaveLength(2);
    const [spare] = zone.processes().filter(({ pid }) => pid !== khlone.session.daemon.pid);
    const task = await khlone.clone.act({ who: name, say: 'Say hello.' });
    await khlone.task.wait({ task: task.id });
    // The spare has become the holder of the clone's brain, and has a successor.
    expect(zone.brains()).toMatchObject([{ parent: spare?.pid }]);
    await expect.poll(() => zone.processes(), patient).toHaveLength(4);
    expect((await khlone.daemon.status()).holder).toEqual({ kind: 'process', processes: 1 });
    await zone.stop(khlone);
    expect(zone.processes()).toEqual([]);
  });

  it('that is killed leaves its brains alive, and the next one ends those at rest before it goes on', async () => {
    let khlone = await zone.connect();
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    const task = await khlone.clone.act({ who: name, say: 'Say hello.' });
    await khlone.task.wait({ task: task.id });
    const [brain] = zone.brains();
    await zone.kill(khlone);
    expect(isAlive(brain?.pid ?? 0)).toBe(true);
    expect(zone.brains()).toMatchObject([{ pid: brain?.pid }]);

    khlone = await zone.connect();
    await expect.poll(() => isAlive(brain?.pid ?? 0), patient).toBe(false);
    const log = readFileSync(join(zone.paths.log, 'daemon.log'), 'utf8');
    expect(log).toContain('ending a brain of an earlier daemon');
    const next = await khlone.clone.act({ who: name, say: 'Say hello.' });
    expect(await khlone.task.wait({ task: next.id })).toMatchObject({ status: 'done' });
  });

  it('fails the task of a brain whose holder is killed, and goes on with the next', async () => {
    const khlone = await zone.connect();
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await using pieces = khlone.events({ types: ['message.delta'], who: name });
    await pieces.ready;
    const task = await khlone.clone.act({ who: name, say: 'slow 60000' });
    await nextEvent(pieces, 'message.delta');
    const [brain] = zone.brains();
    process.kill(brain?.parent ?? 0, 'SIGKILL');
    expect(await khlone.task.wait({ task: task.id })).toMatchObject({
      status: 'failed',
      error: { kind: 'brainDied' },
    });
    expect(isAlive(brain?.pid ?? 0)).toBe(false);
    const next = await khlone.clone.act({ who: name, say: 'Say hello.' });
    expect(await khlone.task.wait({ task: next.id })).toMatchObject({ status: 'done' });
  });
});
