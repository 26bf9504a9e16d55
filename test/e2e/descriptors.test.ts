import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';

const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

/** Ticks of processor time that a process has used; a hundred a second. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const limit = (pid: number, files: number): void => {
  const { status } = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
  expect(status).toBe(0);
};

describe.skipIf(!canLimit)('a daemon with no descriptor left', () => {
  let zone: DaemonZone;
  let khlone: Khlone;
  let callers: Socket[] = [];
  beforeEach(async () => {
    zone = new DaemonZone();
    khlone = await zone.connect();
  });
  afterEach(async () => {
    for (const caller of callers) caller.destroy();
    callers = [];
    await zone[Symbol.asyncDispose]();
  });

  it('turns new clients away, rests, serves those it has, and takes new ones once it can', async () => {
    const { pid } = khlone.session.daemon;
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await khlone.task.wait({ task: (await khlone.clone.act({ who: name, say: 'Say hello.' })).id });
    limit(pid, readdirSync(`/proc/${pid}/fd`).length);
    callers = Array.from({ length: 30 }, () => dial(zone.paths.socket));
    await Promise.all(
      callers.map((caller) => {
        caller.on('error', () => undefined);
        return once(caller.resume(), 'close');
      }),
    );
    const before = ticks(pid);
    await wait(2_000);
    // One that spins uses two hundred, a machine that is busy with other things fewer.
    expect(ticks(pid) - before).toBeLessThan(60);
    expect((await khlone.daemon.status()).daemon.pid).toBe(pid);
    const receipt = await khlone.clone.act({ who: name, say: 'Say hello.' });

    limit(pid, 1024);
    const late = await zone.connect({ autoStart: false });
    expect(late.session.daemon.pid).toBe(pid);
    expect(await late.task.wait({ task: receipt.id })).toMatchObject({ status: 'done' });
  });

  it('keeps a task that it cannot start a brain for, and starts it once it can', async () => {
    const { pid } = khlone.session.daemon;
    const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    // The spare that an enrolment calls for would need none of the daemon's descriptors.
    await khlone.clone.hibernate({ who: name });
    limit(pid, readdirSync(`/proc/${pid}/fd`).length);
    const { id } = await khlone.clone.act({ who: name, say: 'Say hello.' });
    await wait(1_500);
    expect(['queued', 'done']).toContain((await khlone.task.get({ task: id })).status);
    limit(pid, 1024);
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done', attempt: 1 });
  });
});
