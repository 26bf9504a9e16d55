import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Task } from '../../client/index.js';
import { RunningCli } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history, nextEvent } from '../support/events.js';
import { durableOf } from '../support/told.js';

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(async () => {
  await zone.end();
  const errors = loggedErrors(zone.paths.log);
  await zone[Symbol.asyncDispose]();
  expect(errors).toEqual([]);
});

const enroll = (more: object = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: 'mechanic', brain: 'demo', ...more });
const ended = (task: Task): Promise<Task> => khlone.task.wait({ task: task.id });

/** Gives work and resolves once the brain tells something of this type. */
async function begun(who: string, say: string, type: Event['type']): Promise<Task> {
  await using events = khlone.events({ from: 'tail', types: [type], who });
  await events.ready;
  const task = await khlone.clone.act({ who, say });
  await nextEvent(events, type);
  return task;
}

/** What the history tells of the same words when nothing happens to the daemon. */
async function undisturbed(say: string, answer = true): Promise<unknown[]> {
  const { name } = await khlone.clone.enroll({ role: 'reference', brain: 'demo' });
  await using events = khlone.events({ from: 'tail', who: name });
  await events.ready;
  const task = await khlone.clone.act({ who: name, say });
  for await (const event of events) {
    if (event.type === 'approval.requested' && answer)
      await khlone.approval.respond({ approval: event.approval, decision: 'allow' });
    if (event.type === 'task.finished') break;
  }
  const told = durableOf(await history(khlone), task.id);
  await khlone.clone.retire({ who: name });
  return told;
}

const killed = async (): Promise<void> => {
  await zone.kill(khlone);
  khlone = await zone.connect();
};

describe('a turn in a daemon that is killed', () => {
  it('goes on in the middle of a message, and ends as if nothing had happened', async () => {
    const say = 'slow 3000';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'message.delta');
    await killed();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'running', attempt: 1 });
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    const events = await history(khlone);
    expect(durableOf(events, task.id)).toEqual(reference);
    expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_, index) => index + 1));
    // The next task has the same conversation.
    expect(await ended(await khlone.clone.act({ who: name, say: 'say more' }))).toMatchObject({
      status: 'done',
    });
  });

  it('goes on over five kills', async () => {
    const say = 'slow 4000; say it; slow 2000';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'message.delta');
    for (let kill = 0; kill < 5; kill++) await killed();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
  });

  it('keeps what it asks open under its id, and does it once', async () => {
    const say = 'write hello.txt; slow 500';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'approval.requested');
    const [before] = (await khlone.approval.list()).approvals;
    await killed();
    const { approvals } = await khlone.approval.list();
    expect(approvals).toEqual([before]);
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'waiting' });
    expect(await khlone.clone.get({ who: name })).toMatchObject({ status: 'waiting', task: task.id });
    await khlone.approval.respond({ approval: before?.id ?? '', decision: 'allow' });
    expect(await ended(task)).toMatchObject({ status: 'done' });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
    expect(existsSync(join(zone.root, 'hello.txt'))).toBe(true);
  });

  it('does what was allowed just before, also where the answer did not reach the brain', async () => {
    const say = 'write hello.txt; slow 1000';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'approval.requested');
    const [asked] = (await khlone.approval.list()).approvals;
    // Its holder takes nothing meanwhile, so that the answer stays on its way.
    const [brain] = zone.brains();
    process.kill(brain?.parent ?? 0, 'SIGSTOP');
    await khlone.approval.respond({ approval: asked?.id ?? '', decision: 'allow' });
    await zone.kill(khlone);
    process.kill(brain?.parent ?? 0, 'SIGCONT');
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
  });

  it('ends as it did while no daemon ran: with its result, or with the death of its brain', async () => {
    const reference = await undisturbed('slow 600');
    const death = await undisturbed('slow 600; die');
    const one = await enroll();
    const other = await enroll();
    const task = await begun(one.name, 'slow 600', 'message.delta');
    const doomed = await begun(other.name, 'slow 600; die', 'message.delta');
    await zone.kill(khlone);
    // Both turns are over by then: the one brain is at rest, the other gone.
    await expect.poll(() => zone.brains().length, { timeout: 30_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
    expect(await ended(doomed)).toMatchObject({ status: 'failed' });
    expect(durableOf(await history(khlone), doomed.id)).toEqual(death);
  });

  it('is interrupted by its policy where the holder dies too, unless its result was written down', async () => {
    const reference = await undisturbed('slow 600');
    const one = await enroll();
    const other = await enroll();
    const resuming = await enroll({ limits: { recovery: 'resume' } });
    const whole = await begun(one.name, 'slow 600', 'message.delta');
    const broken = await begun(other.name, 'slow 60000', 'message.delta');
    const resumed = await begun(resuming.name, 'slow 3000', 'message.delta');
    await zone.kill(khlone);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await zone.crash(khlone);
    khlone = await zone.connect();
    expect(await ended(whole)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), whole.id)).toEqual(reference);
    expect(await ended(broken)).toMatchObject({ status: 'interrupted', error: { kind: 'taskInterrupted' } });
    const after = await ended(resumed);
    expect(after).toMatchObject({ status: 'done', attempt: 2 });
    expect(after.result?.text).toContain('Your process ended in the middle of the following task.');
  });

  it('ends as it was asked to, though the daemon died over it', async () => {
    const { name } = await enroll({ limits: { taskTimeoutMs: 60_000 } });
    const task = await begun(name, 'slow 60000', 'message.delta');
    const [brain] = zone.brains();
    process.kill(brain?.parent ?? 0, 'SIGSTOP');
    const cancelled = khlone.task.cancel({ task: task.id }).catch((error: unknown) => error);
    // The daemon takes calls in order: once it answers this one, it has taken that.
    await khlone.ping();
    await zone.kill(khlone);
    await cancelled;
    process.kill(brain?.parent ?? 0, 'SIGCONT');
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'cancelled' });
  });

  it('keeps its time limit, counted from its start', async () => {
    const { name } = await enroll({ limits: { taskTimeoutMs: 5_000 } });
    const task = await begun(name, 'slow 60000', 'message.delta');
    await killed();
    expect(await ended(task)).toMatchObject({ status: 'failed', error: { kind: 'taskTimeout' } });
  });

  it('keeps the limit of its turn, counted from its start', async () => {
    const { name } = await enroll({ limits: { maxTurnMs: 30 * 60_000 } });
    const task = await begun(name, 'slow 600000', 'message.delta');
    await zone.kill(khlone);
    // As if it had worked for an hour.
    const db = new Database(zone.paths.db);
    const anHourAgo = new Date(Date.now() - 60 * 60_000).toISOString();
    db.prepare('UPDATE tasks SET started_at = ? WHERE id = ?').run(anHourAgo, task.id);
    db.close();
    khlone = await zone.connect();
    const late = await khlone.task.wait({ task: task.id, timeoutMs: 30_000 });
    expect(late).toMatchObject({ status: 'failed', error: { kind: 'turnTooLong' } });
  });

  it('begins once in a process that was just being started, or just given its line', async () => {
    const say = 'slow 300';
    const reference = await undisturbed(say);
    for (let round = 0; round < 6; round++) {
      const { name } = await enroll();
      await using events = khlone.events({ from: 'tail', types: ['task.started'], who: name });
      await events.ready;
      const task = await khlone.clone.act({ who: name, say });
      await nextEvent(events, 'task.started');
      await killed();
      expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
      expect(durableOf(await history(khlone), task.id)).toEqual(reference);
    }
  });

  it('goes on before the eyes of whoever follows it on the command line, who is told', async () => {
    const { name } = await enroll();
    const act = new RunningCli(['act', name, 'slow 5000'], { cwd: zone.root, env: zone.sandbox.env });
    await act.said('stdout', /The demo/);
    await zone.kill(khlone);
    await act.said('stderr', /The connection to the daemon is lost; making it anew\./);
    const { code, stdout, stderr } = await act.ended;
    expect(stderr).toContain('The daemon is there again; going on where it broke off.');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'The demo takes its time, word by word, because it was told to be slow.\nThat was slow.\n',
    });
    khlone = await zone.connect();
  });

  it('goes on after a stop that keeps the brains, as after a kill', async () => {
    const say = 'slow 3000';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'message.delta');
    const { pid } = await khlone.daemon.stop({ brains: 'keep' });
    await expect
      .poll(() => zone.processes().some((found) => found.pid === pid), { timeout: 30_000 })
      .toBe(false);
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
  });
});
