import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bounded, boundsFor, boundsOf, honestTag, watchedBytes } from '../../../../daemon/holder/bounds.js';
import { Cgroups } from '../../../../daemon/holder/cgroups.js';
import type { HeldProcess, HeldProgram } from '../../../../daemon/holder/contract.js';
import { ResourceMeter } from '../../../../daemon/holder/resources.js';
import { HolderStage } from '../../../support/holders.js';
import { isAlive } from '../../../support/processes.js';

const what: HeldProgram = {
  tag: { clone: 'mechanic.1' },
  program: 'node',
  args: ['-v'],
  cwd: tmpdir(),
  env: { PATH: process.env['PATH'] ?? '' },
};

describe('a meter of resources', () => {
  it('keeps nothing of a brain that is not asked for any more, also where it ended while it was looked at', async () => {
    const meter = new ResourceMeter();
    const identity = { pid: process.pid, startTime: '', bootId: '', run: 'r' };
    const look = async () => (await meter.measure([{ identity, since: 0 }])).get('r');
    const first = await look();
    expect(await look()).toBe(first);
    await meter.measure([]);
    expect(await look()).not.toBe(first);
  });
});

describe('the limits of a program', () => {
  it('change nothing where there is none', () => {
    expect(bounded(what)).toEqual({ program: 'node', args: ['-v'], tag: what.tag });
  });

  it('are noted with what keeps them', () => {
    const { tag } = bounded(
      { ...what, limits: { memoryMb: 64, cpus: 2 } },
      { bounds: { memory: 'cgroup', cpus: 'cgroup' } },
    );
    expect(tag).toEqual({ clone: 'mechanic.1', memoryMb: '64', memoryBy: 'cgroup', cpusBy: 'cgroup' });
    expect(boundsOf(tag)).toEqual({ memory: 'cgroup', cpus: 'cgroup' });
    expect(watchedBytes(tag)).toBeUndefined();
  });

  it('are watched where a brain did not come into its cgroup', () => {
    const tag = { memoryMb: '64', memoryBy: 'cgroup', cpusBy: 'cgroup' };
    const identity = { pid: 1, startTime: '', bootId: '', run: 'r' };
    expect(honestTag(tag, { ...identity, cgroup: '/c' })).toBe(tag);
    const honest = honestTag(tag, identity);
    expect(boundsOf(honest)).toEqual({ memory: 'watchdog', cpus: 'none' });
    expect(watchedBytes(honest)).toBe(64 * 1024 * 1024);
  });

  it.runIf(process.platform === 'linux')('put it on so many processors where no cgroup does', () => {
    const { program, args, tag } = bounded({ ...what, limits: { cpus: 0.5 } });
    expect(program).toMatch(/taskset$/);
    expect(args).toEqual(['-c', expect.stringMatching(/^\d+$/), 'node', '-v']);
    expect(boundsOf(tag)).toEqual({ cpus: 'affinity' });
  });

  it('are foretold by what there is', () => {
    const none = { reason: 'none' };
    expect(boundsFor({}, none)).toEqual({});
    expect(boundsFor({ memoryMb: 64 }, none)).toEqual({ memory: 'watchdog' });
  });
});

describe.runIf(process.platform === 'linux')('a brain', () => {
  let stage: HolderStage;
  beforeAll(() => {
    stage = new HolderStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const without = { cgroups: new Cgroups(() => ({ reason: 'the test wants none' })) };
  const firstOutput = (from: HeldProcess): Promise<string> =>
    new Promise((resolve) => void from.onStdout((chunk) => resolve(chunk.toString())));
  const eater = `
    const { spawn } = require('node:child_process');
    const eat = 'const b = Buffer.alloc(200 * 1024 * 1024, 1); console.log(process.pid); setInterval(() => b, 1000)';
    spawn(process.execPath, ['-e', eat], { stdio: 'inherit', detached: true });
    setInterval(() => {}, 1000)`;

  it('is ended by the watchdog with all that it started, once that is too much together', async () => {
    const holders = stage.open(without);
    const limits = { memoryMb: 180 };
    const held = await holders.spawn({ ...what, program: process.execPath, args: ['-e', eater], limits });
    const child = Number(await firstOutput(held));
    expect((await held.exited).signal).toMatch(/^SIG(TERM|KILL)$/);
    expect(held.outOfMemory).toBe(true);
    expect(isAlive(child)).toBe(false);
  });

  it('is left alone below its limit, and without one', async () => {
    const holders = stage.open(without);
    for (const limits of [{ memoryMb: 4_000 }, {}]) {
      const held = await holders.spawn({ ...what, program: process.execPath, args: ['-e', eater], limits });
      await firstOutput(held);
      expect(held.isAlive()).toBe(true);
      await held.kill(1_000);
      expect(held.outOfMemory).toBe(false);
    }
  });

  it.each(['with a cgroup', 'without'])('is measured with all that it started, %s', async (how) => {
    const holders = stage.open(how === 'without' ? without : {});
    const held = await holders.spawn({ ...what, program: process.execPath, args: ['-e', eater] });
    await firstOutput(held);
    const used = (await holders.resources()).get('mechanic.1');
    expect(used?.processes).toBe(2);
    expect(used?.rssBytes).toBeGreaterThan(200 * 1024 * 1024);
    expect(used?.rssBytes).toBeLessThan(600 * 1024 * 1024);
    // One look serves all who ask within a second.
    expect((await holders.resources()).get('mechanic.1')).toBe(used);
    await held.kill(1_000);
    expect((await holders.resources()).size).toBe(0);
  });

  it('shows the processor time it used since the last look', async () => {
    const holders = stage.open();
    const busy = 'console.log("up"); for (;;);';
    const held = await holders.spawn({ ...what, program: process.execPath, args: ['-e', busy] });
    await firstOutput(held);
    const { identity } = held;
    const meter = new ResourceMeter();
    const look = async (): Promise<number> =>
      (await meter.measure([{ identity, since: Date.now() - 3_600_000 }])).get(identity.run)?.cpuPercent ??
      -1;
    // Spread over the hour that it is said to have run.
    expect(await look()).toBeLessThan(2);
    await expect.poll(look, { timeout: 25_000, interval: 500 }).toBeGreaterThan(3);
    await held.kill(0);
  });

  it('runs on the processors that it may have', async () => {
    const show = `console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/Cpus_allowed_list:.*/)[0]); setInterval(() => {}, 1000)`;
    const holders = stage.open(without);
    const held = await holders.spawn({
      ...what,
      program: process.execPath,
      args: ['-e', show],
      limits: { cpus: 1 },
    });
    expect(await firstOutput(held)).toMatch(/^Cpus_allowed_list:\s*\d+\n$/);
    expect(holders.boundsOf('mechanic.1', { cpus: 1 })).toEqual({ cpus: 'affinity' });
    expect(readFileSync(`/proc/${held.identity.pid}/cmdline`, 'latin1')).toMatch(/node/);
  });
});
