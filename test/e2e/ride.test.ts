import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Task } from '../../client/index.js';
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
});
