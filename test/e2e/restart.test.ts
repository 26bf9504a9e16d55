import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history, nextEvent } from '../support/events.js';

/** Other work may hold the machine up; what is looked for comes all the same. */
const patient = { timeout: 30_000 };

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(async () => {
  await zone.end();
  // A fault that no caller is told of, such as a lost promise, is in the log.
  const errors = loggedErrors(zone.paths.log);
  await zone[Symbol.asyncDispose]();
  expect(errors).toEqual([]);
});

const enroll = (more: object = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: 'mechanic', brain: 'demo', ...more });

/** Gives the clone work and resolves once its brain has begun to speak, or to ask. */
async function running(who: string, say: string): Promise<Task> {
  await using events = khlone.events({ types: ['message.delta', 'approval.requested'], who });
  await events.ready;
  const task = await khlone.clone.act({ who, say });
  await events.next();
  return task;
}

const ended = (task: Task): Promise<Task> => khlone.task.wait({ task: task.id });

const restarts = [
  { how: 'stopped', end: () => zone.stop(khlone) },
  { how: 'killed with all it ran', end: () => zone.crash(khlone) },
];

describe.each(restarts)('what a daemon that was $how leaves to the next', ({ end }) => {
  it('is its clones, its queues and its whole history under a new epoch', async () => {
    const clone = await enroll({ labels: { team: 'core' }, approvals: 'acceptEdits', brief: 'Be brief.' });
    const first = await khlone.clone.act({ who: clone.name, say: 'remember the milk' });
    await ended(first);
    await running(clone.name, 'slow 60000');
    const queued = await khlone.clone.act({ who: clone.name, say: 'recall' });
    await end();

    khlone = await zone.connect();
    expect(await ended(queued)).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'I remember: the milk' },
    });
    const { usage: _usage, posture: _posture, status: _status, ...same } = clone;
    expect(await khlone.clone.get({ who: clone.name })).toMatchObject(same);
    const events = await history(khlone);
    expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_, index) => index + 1));
    expect([...new Set(events.map(({ cursor }) => cursor.epoch))]).toEqual([1, 2]);
    expect(events.filter(({ type }) => type === 'zone.opened')).toHaveLength(2);
  });

  it('is a running task that is interrupted and may be retried, where its clone parks', async () => {
    const { name } = await enroll();
    const task = await running(name, 'slow 60000');
    await end();

    khlone = await zone.connect();
    const after = await ended(task);
    expect(after).toMatchObject({ status: 'interrupted', attempt: 1, error: { kind: 'taskInterrupted' } });
    expect(after.finishedAt).toBeDefined();
    await khlone.task.retry({ task: task.id });
    await khlone.clone.interrupt({ who: name });
    expect((await khlone.task.get({ task: task.id })).id).toBe(task.id);
  });

  it('is a running task that goes on and is told so, where its clone resumes', async () => {
    const { name } = await enroll({ limits: { recovery: 'resume' } });
    const task = await running(name, 'write hello.txt');
    await end();

    khlone = await zone.connect();
    await using events = khlone.events({ from: 'start' });
    await nextEvent(events, 'task.started', ({ attempt }) => attempt === 2);
    const { approval } = await nextEvent(events, 'approval.requested', ({ cursor }) => cursor.epoch === 2);
    await khlone.approval.respond({ approval, decision: 'allow' });
    const after = await ended(task);
    expect(after).toMatchObject({ id: task.id, say: 'write hello.txt', status: 'done', attempt: 2 });
    // The demo repeats what it was told beside the task.
    expect(after.result?.text).toContain('Your process ended in the middle of the following task.');
    expect(after.result?.text).toContain('I wrote hello.txt.');
  });

  it('is a task that is parked when it was broken off a third time', async () => {
    const { name } = await enroll({ limits: { recovery: 'resume' } });
    const task = await running(name, 'slow 60000');
    for (const attempt of [2, 3]) {
      await end();
      khlone = await zone.connect();
      await using events = khlone.events({ from: 'start' });
      await nextEvent(events, 'task.started', (event) => event.attempt === attempt);
      // Before its brain was told anything, nothing would be broken off.
      await nextEvent(events, 'message.delta', ({ cursor }) => cursor.epoch === attempt);
    }
    await end();
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({
      status: 'parked',
      attempt: 3,
      error: { kind: 'taskInterrupted' },
    });
  });

  it('is a conversation that has begun, which the next process simply goes on with', async () => {
    const { name } = await enroll();
    await ended(await khlone.clone.act({ who: name, say: 'remember the milk' }));
    await end();
    khlone = await zone.connect();
    const recalled = await ended(await khlone.clone.act({ who: name, say: 'recall' }));
    expect(recalled.result?.text).toBe('I remember: the milk');
    expect((await history(khlone)).filter(({ type }) => type === 'brain.fault')).toEqual([]);
  });

  it('is nothing that still waits for an answer', async () => {
    const { name } = await enroll();
    const task = await running(name, 'write hello.txt');
    const [approval] = (await khlone.approval.list()).approvals;
    await end();

    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'interrupted' });
    expect(await khlone.approval.list()).toMatchObject({ approvals: [] });
    const { approvals } = await khlone.approval.list({ status: ['withdrawn'] });
    expect(approvals).toMatchObject([{ id: approval?.id, task: task.id, status: 'withdrawn' }]);
    await expect(
      khlone.approval.respond({ approval: approval?.id ?? '', decision: 'allow' }),
    ).rejects.toMatchObject({ kind: 'approvalResolved', details: { status: 'withdrawn' } });
  });
});

describe('a client that stays', () => {
  it('follows events over kills of the daemon with no gap and no repeat', async () => {
    const { name } = await enroll();
    const events = khlone.events({ from: 'start' });
    const seen: Event[] = [];
    const listening = (async () => {
      for await (const event of events) if (event.type !== 'message.delta') seen.push(event);
    })();
    for (let kill = 0; kill < 3; kill++) {
      const client = await zone.connect();
      await running(name, 'slow 60000');
      await client.clone.act({ who: name, say: `say ${kill}` });
      await zone.crash(client);
    }
    const client = await zone.connect();
    const last = await client.clone.act({ who: name, say: 'the last' });
    await client.task.wait({ task: last.id });
    await client.clone.retire({ who: name });
    const stored = await history(client);
    await expect.poll(() => events.cursor?.seq, patient).toBe(stored.at(-1)?.cursor.seq);
    await events.return();
    await listening;
    expect(seen).toEqual(stored);
    expect(new Set(seen.map(({ cursor }) => cursor.epoch)).size).toBe(4);
  });

  it('goes on waiting for a task by itself, and has its other calls fail as lost', async () => {
    const { name } = await enroll();
    const task = await running(name, 'slow 4000');
    const waiting = khlone.task.wait({ task: task.id });
    const talking = khlone.stream.attach({ who: name, mode: 'talk', wait: true });
    await Promise.all([
      expect(talking).rejects.toMatchObject({ kind: 'connectionLost', retryable: true }),
      zone.kill(khlone),
    ]);
    expect(await waiting).toMatchObject({ status: 'done', attempt: 1 });
  });
});

describe('a daemon that is told to stop', () => {
  it('lets turns end first where it is drained, and leaves what is queued', async () => {
    const { name } = await enroll();
    const task = await running(name, 'slow 600');
    const queued = await khlone.clone.act({ who: name, say: 'Say hello.' });
    await zone.stop(khlone, { drain: true });

    khlone = await zone.connect();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'done', attempt: 1 });
    const stored = await history(khlone);
    const end = stored.find((event) => event.type === 'task.finished' && event.task === task.id);
    const begin = stored.find((event) => event.type === 'task.started' && event.task === queued.id);
    expect(end?.cursor.epoch).toBe(1);
    expect(await ended(queued)).toMatchObject({ status: 'done', attempt: 1 });
    expect(begin?.cursor.epoch ?? 2).toBe(2);
  });

  it('keeps the limits of a turn it waits for', async () => {
    const { name } = await enroll({ limits: { taskTimeoutMs: 1500 } });
    const task = await running(name, 'slow 60000');
    await zone.stop(khlone, { drain: true });
    khlone = await zone.connect();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({
      status: 'failed',
      error: { kind: 'taskTimeout' },
    });
  });

  it('answers who waits for a turn it drains, and takes no new clone meanwhile', async () => {
    const { name } = await enroll();
    const task = await running(name, 'write hello.txt');
    const { pid } = await khlone.daemon.stop({ drain: true });
    await expect(enroll()).rejects.toMatchObject({ kind: 'shuttingDown', retryable: true });
    const waiting = ended(task);
    const [approval] = (await khlone.approval.list()).approvals;
    await khlone.approval.respond({ approval: approval?.id ?? '', decision: 'allow' });
    expect(await waiting).toMatchObject({ status: 'done' });
    await expect.poll(() => zone.processes().filter((found) => found.pid === pid), patient).toEqual([]);
  });

  it('does not wait any longer when it is told a second time', async () => {
    const { name } = await enroll();
    const task = await running(name, 'slow 60000');
    await khlone.daemon.stop({ drain: true });
    await zone.stop(khlone);
    khlone = await zone.connect();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'interrupted' });
  });

  it('leaves no process, no socket and an unlocked zone behind', async () => {
    const { name } = await enroll();
    await running(name, 'slow 60000');
    await khlone.clone.enroll({ role: 'idle', brain: 'demo' });
    await ended(await khlone.clone.act({ who: 'idle', say: 'Say hello.' }));
    await khlone.close();
    const other = await zone.connect();
    await zone.stop(other);
    expect(zone.processes()).toEqual([]);
    expect(readdirSync(join(zone.paths.socket, '..'))).not.toContain('s');
  });
});

// The calls leave in one piece, so that the second finds what the first has just begun.
describe('a clone whose process is just being started', () => {
  it.each([
    {
      what: 'interrupted',
      act: (who: string) => khlone.clone.interrupt({ who }),
      ends: ['interrupted', 'done'],
    },
    { what: 'retired', act: (who: string) => khlone.clone.retire({ who }), ends: ['cancelled'] },
  ])('is $what, and its task has an end', async ({ act, ends }) => {
    for (let round = 0; round < 5; round++) {
      const { name } = await enroll();
      const [task] = await Promise.all([khlone.clone.act({ who: name, say: 'slow 200' }), act(name)]);
      expect(ends).toContain((await ended(task)).status);
    }
    expect(await khlone.clone.list({ status: ['starting', 'working'] })).toEqual({ clones: [] });
  });

  it('goes on with the next task where that one is cancelled', async () => {
    const { name } = await enroll();
    const task = await khlone.clone.act({ who: name, say: 'slow 60000' });
    const [cancelled, next] = await Promise.all([
      khlone.task.cancel({ task: task.id }),
      khlone.clone.act({ who: name, say: 'Say hello.' }),
    ]);
    expect(cancelled.status).toBe('cancelled');
    expect(await ended(next)).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('is closed with its daemon, and does its task under the next or leaves it interrupted', async () => {
    const { name } = await enroll();
    const [task, { pid }] = await Promise.all([
      khlone.clone.act({ who: name, say: 'Say hello.' }),
      khlone.daemon.stop(),
    ]);
    await expect.poll(() => zone.processes(), patient).toEqual([]);
    khlone = await zone.connect();
    expect(khlone.session.daemon.pid).not.toBe(pid);
    const after = await ended(task);
    expect(after.attempt).toBe(1);
    expect(['done', 'interrupted']).toContain(after.status);
  });
});

const secrets = {
  ANTHROPIC_API_KEY: 'sk-ant-0123456789-of-the-client',
  DEPLOY_PASSWORD: 'hunter2-hunter2-of-the-clone',
} as const;

/** Paths of files of khlone's own state that hold a text; what a brain keeps of its conversation is the brain's. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('/brains/'))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

describe('a secret', () => {
  const { ANTHROPIC_API_KEY, DEPLOY_PASSWORD } = secrets;
  const env = () => ({ ...zone.sandbox.env, ANTHROPIC_API_KEY });
  const expectNowhere = (events: readonly Event[]): void => {
    for (const value of Object.values(secrets)) {
      expect(filesWith(join(zone.sandbox.folder, 'h'), value)).toEqual([]);
      expect(JSON.stringify(events)).not.toContain(value);
    }
  };

  it('is in memory only: not in the state folder, not in events, also when the brain tells it', async () => {
    khlone = await zone.connect({ env: env() });
    const live: Event[] = [];
    const events = khlone.events({ from: 'start' });
    const listening = (async () => {
      for await (const event of events) live.push(event);
    })();
    const { name } = await enroll({ env: { DEPLOY_PASSWORD, COLOUR: 'green' } });
    writeFileSync(join(zone.root, 'env.txt'), Object.values(secrets).join('\n'));
    const told = await ended(await khlone.clone.act({ who: name, say: 'read env.txt' }));
    expect(told.result?.text).toContain('[ANTHROPIC_API_KEY]');
    expect(told.result?.text).toContain('[DEPLOY_PASSWORD]');
    await ended(await khlone.clone.act({ who: name, say: `fail` }));
    await expect.poll(() => events.cursor?.seq, patient).toBe((await history(khlone)).at(-1)?.cursor.seq);
    await events.return();
    await listening;
    expect(live.filter(({ type }) => type === 'message.delta').length).toBeGreaterThan(0);
    // Pieces of a message are put together before they are looked at: a value may be cut in two.
    const pieces = live.flatMap((event) => (event.type === 'message.delta' ? [event.text] : [])).join('');
    expectNowhere([...live, { ...live[0], text: pieces } as unknown as Event]);
    await zone.kill(khlone);
    expectNowhere([]);
  });

  it('is asked for by name after a restart, and comes from the next client that has it', async () => {
    khlone = await zone.connect({ env: env() });
    const { name, missing } = await enroll({ env: { DEPLOY_PASSWORD } });
    expect(missing).toBeUndefined();
    const asked = await running(name, 'slow 60000');
    const queued = await khlone.clone.act({ who: name, say: 'Say hello.', idempotencyKey: 'once' });
    await zone.crash(khlone);

    khlone = await zone.connect();
    // What its client's shell merely had, and the demo does not run on, it works without.
    expect((await khlone.clone.get({ who: name })).missing).toEqual(['DEPLOY_PASSWORD']);
    const refused = khlone.clone.act({ who: name, say: 'Say hello.' });
    await expect(refused).rejects.toMatchObject({
      kind: 'environmentMissing',
      hint: expect.stringContaining(`khlone update ${name} --env DEPLOY_PASSWORD`) as string,
      details: { clone: name, names: ['DEPLOY_PASSWORD'] },
    });
    expect(await khlone.task.get({ task: queued.id })).toMatchObject({ status: 'queued' });

    const rich = await zone.connect({ env: env() });
    expect((await rich.clone.get({ who: name })).missing).toEqual(['DEPLOY_PASSWORD']);
    // The very same call again is no new task, and still brings what the clone lacks.
    const again = { who: name, say: 'Say hello.', idempotencyKey: 'once', env: { DEPLOY_PASSWORD } };
    expect(await rich.clone.act(again)).toMatchObject({ id: queued.id });
    expect(await ended(queued)).toMatchObject({ status: 'done' });
    expect((await rich.clone.get({ who: name })).missing).toBeUndefined();
    expect(await khlone.task.get({ task: asked.id })).toMatchObject({ status: 'interrupted' });
    expectNowhere(await history(khlone));
  });

  it('is replaced by what the clone is given later, also by a value that is none', async () => {
    const { name } = await enroll({ env: { DEPLOY_PASSWORD } });
    await khlone.clone.update({ who: name, env: { DEPLOY_PASSWORD: 'changed-changed-changed' } });
    writeFileSync(join(zone.root, 'env.txt'), 'changed-changed-changed');
    const told = await ended(await khlone.clone.act({ who: name, say: 'read env.txt' }));
    expect(told.result?.text).toContain('[DEPLOY_PASSWORD]');
  });
});

describe('a daemon that was just started after one that was killed', () => {
  it('tells nothing of its clones before it has found what they have, and is there for the rest', async () => {
    const { name } = await enroll();
    {
      await using stream = await khlone.stream.attach({ who: name, mode: 'talk' });
      await stream.write('remember the plum\r');
      const events = khlone.events({ from: 'start', types: ['message.completed'], who: name });
      await nextEvent(events, 'message.completed', ({ text }) => text.includes('plum'));
      await events.return();
    }
    const [brain] = zone.brains();
    const holder = brain?.parent ?? 0;
    // Its holder answers a little later than usual.
    process.kill(holder, 'SIGSTOP');
    try {
      await zone.kill(khlone);
      khlone = await zone.connect();
      const asked = Promise.all([
        khlone.clone.get({ who: name }),
        khlone.clone.list(),
        khlone.daemon.status(),
        khlone.clone.update({ who: name, labels: { team: 'core' } }),
      ]);
      await khlone.ping();
      await history(khlone);
      process.kill(holder, 'SIGCONT');
      const [one, { clones }, { clones: counts, holder: held }, changed] = await asked;
      for (const clone of [one, clones[0], changed])
        expect(clone).toMatchObject({ status: 'idle', posture: 'talk' });
      expect(counts).toEqual({ idle: 1 });
      expect(held.processes).toBe(1);
    } finally {
      process.kill(holder, 'SIGCONT');
    }
  });
});
