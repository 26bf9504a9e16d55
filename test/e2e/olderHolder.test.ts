import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Stream, Task } from '../../client/index.js';
import { DaemonZone, olderDaemonProgram } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history, nextEvent } from '../support/events.js';
import { holderProgram, olderHolderProgram } from '../support/holders.js';
import { DaemonPeer } from '../support/rpc/daemonPeer.js';
import { shown } from '../support/shown.js';
import { durableOf } from '../support/told.js';

/** Other work may hold the machine up; what is looked for comes all the same. */
const patient = { timeout: 30_000 };

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect({ daemonProgram: olderDaemonProgram });
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

/** Programs of the holders of brains that run. */
const holdersOfBrains = (): string[] => {
  const parents = new Set(zone.brains().map(({ parent }) => parent));
  return zone.processes().flatMap(({ pid, command }) => (parents.has(pid) ? [command] : []));
};

/** Gives work and resolves once the brain, which is under an older holder, tells something of this type. */
async function begun(who: string, say: string, type: Event['type']): Promise<Task> {
  await using events = khlone.events({ from: 'tail', types: [type], who });
  await events.ready;
  const task = await khlone.clone.act({ who, say });
  await nextEvent(events, type);
  expect(holdersOfBrains()).toEqual([expect.stringContaining(olderHolderProgram)]);
  return task;
}

/** What the history tells of the same words when nothing happens to the daemon. */
async function undisturbed(say: string): Promise<unknown[]> {
  const { name } = await enroll({ approvals: 'ask', role: 'reference' });
  await using events = khlone.events({ from: 'tail', who: name });
  await events.ready;
  const task = await khlone.clone.act({ who: name, say });
  for await (const event of events) {
    if (event.type === 'approval.requested')
      await khlone.approval.respond({ approval: event.approval, decision: 'allow' });
    if (event.type === 'task.finished') break;
  }
  const told = durableOf(await history(khlone), task.id);
  await khlone.clone.retire({ who: name });
  return told;
}

/** The daemon dies, and one of today comes after it. */
async function upgraded(): Promise<void> {
  await zone.kill(khlone);
  khlone = await zone.connect();
}

describe('a brain under a holder of the first release, with a daemon of today', () => {
  it('goes on with its turn over two daemons, and has the same conversation after it', async () => {
    const say = 'slow 1000';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'message.delta');
    // It holds still, however long the daemons take to start.
    const [brain] = zone.brains();
    process.kill(brain?.pid ?? 0, 'SIGSTOP');
    await upgraded();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'running', attempt: 1 });
    await upgraded();
    process.kill(brain?.pid ?? 0, 'SIGCONT');
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    const events = await history(khlone);
    expect(durableOf(events, task.id)).toEqual(reference);
    expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_, index) => index + 1));
    expect(holdersOfBrains()).toEqual([expect.stringContaining(olderHolderProgram)]);
    expect(await ended(await khlone.clone.act({ who: name, say: 'say more' }))).toMatchObject({
      status: 'done',
    });
    await khlone.clone.retire({ who: name });
    expect(zone.brains()).toEqual([]);
  });

  it('keeps what it asks open, and does it once', async () => {
    const say = 'write hello.txt; slow 500';
    const reference = await undisturbed(say);
    const { name } = await enroll();
    const task = await begun(name, say, 'approval.requested');
    const before = (await khlone.approval.list()).approvals;
    await upgraded();
    expect((await khlone.approval.list()).approvals).toEqual(before);
    expect(before).toHaveLength(1);
    await khlone.approval.respond({ approval: before[0]?.id ?? '', decision: 'allow' });
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(durableOf(await history(khlone), task.id)).toEqual(reference);
    expect(existsSync(join(zone.root, 'hello.txt'))).toBe(true);
  });

  it('is interrupted where such a holder cannot tell whether the task has reached it, and never told twice', async () => {
    const { name } = await enroll({ limits: { graceMs: 100 } });
    await ended(await khlone.clone.act({ who: name, say: 'say hello' }));
    const [brain] = zone.brains();
    await using events = khlone.events({ from: 'tail', types: ['task.started'], who: name });
    await events.ready;
    // It reads nothing, and its pipe does not hold all of this.
    process.kill(brain?.pid ?? 0, 'SIGSTOP');
    const task = await khlone.clone.act({ who: name, say: `write hello.txt ${'x'.repeat(400_000)}` });
    await nextEvent(events, 'task.started');
    await khlone.ping();
    await upgraded();
    expect(await ended(task)).toMatchObject({
      status: 'interrupted',
      attempt: 1,
      error: { kind: 'taskInterrupted' },
    });
    expect(await ended(await khlone.clone.act({ who: name, say: 'say more' }))).toMatchObject({
      status: 'done',
    });
    expect(zone.brains()).not.toContainEqual(brain);
    expect(existsSync(join(zone.root, 'hello.txt'))).toBe(false);
  });

  it('is interrupted where its task was typed, which such a holder does not tell, and it is not typed again', async () => {
    const { name } = await enroll({
      brain: 'command',
      command: ['bash', '--norc', '--noprofile'],
      env: { PS1: 'ready> ' },
      terminal: { prompt: '^ready> $' },
    });
    await ended(await khlone.clone.act({ who: name, say: 'kept=yes' }));
    const done = join(zone.root, 'done');
    const task = await khlone.clone.act({ who: name, say: `echo once >> '${done}'; echo begun; sleep 2` });
    await shown(khlone, name, /^begun$/m);
    await upgraded();
    const after = await ended(task);
    expect(after).toMatchObject({ status: 'interrupted', attempt: 1, error: { kind: 'taskInterrupted' } });
    expect(after.error?.message).toContain('not known whether its text was typed');
    const next = await ended(await khlone.clone.act({ who: name, say: 'echo "kept: $kept"' }));
    expect(next.result?.text).toMatch(/kept: yes$/);
    expect(readFileSync(done, 'utf8')).toBe('once\n');
  });

  it('is talked to and watched in its terminal, by way of the daemon', async () => {
    const { name: who } = await khlone.clone.enroll({
      role: 'shell',
      brain: 'command',
      command: ['sh', '-c', 'stty raw -echo; printf ready; exec cat'],
    });
    const talker = await khlone.stream.attach({ who, mode: 'talk', cols: 80, rows: 24 });
    await until(talker, 'ready');
    expect(holdersOfBrains()).toEqual([expect.stringContaining(olderHolderProgram)]);
    await upgraded();
    // A client of its own release goes on where it was.
    await until(talker, 'reconnected');
    await talker.write('héllo');
    await until(talker, 'héllo');
    const { PATH, HOME } = zone.sandbox.env;
    const peer = await DaemonPeer.greet(zone.paths.socket, { PATH, HOME });
    const watching = await peer.call('stream/attach', { who, mode: 'watch', lane: true });
    expect(watching).toMatchObject({
      cols: 80,
      rows: 24,
      snapshot: { data: expect.stringContaining('héllo') },
    });
    expect(watching).not.toHaveProperty('lane');
    await talker.resize({ cols: 132, rows: 50 });
    expect(await peer.until('stream/resized')).toMatchObject({ cols: 132, rows: 50 });
    await talker.write('more');
    expect(await peer.until('stream/data')).toMatchObject({ data: 'more' });
    await peer.close();
    await khlone.clone.retire({ who });
    expect(await talker.ended).toMatchObject({ reason: 'retired' });
    expect(zone.brains()).toEqual([]);
  });

  it('has no successor there: the next brain is under a holder of today, and nothing of the old one is left', async () => {
    const { name } = await enroll();
    const task = await begun(name, 'slow 1000', 'message.delta');
    await upgraded();
    await ended(task);
    await khlone.clone.hibernate({ who: name });
    expect(zone.brains()).toEqual([]);
    await ended(await khlone.clone.act({ who: name, say: 'say more' }));
    expect(holdersOfBrains()).toEqual([expect.stringContaining(holderProgram)]);
    const older = () => zone.processes().filter(({ command }) => command.includes(olderHolderProgram));
    await expect.poll(older, patient).toEqual([]);
    const folders = () => readdirSync(zone.paths.brains).filter((folder) => /^[0-9a-f]{16}$/.test(folder));
    const holders = () => zone.processes().filter(({ command }) => command.includes(holderProgram));
    await expect.poll(() => folders().length - holders().length, patient).toBe(0);
  });
});

/** Reads on until what came as data or screens, or the type of a piece, has this in it. */
async function until(stream: Stream, wanted: string): Promise<void> {
  for (let read = ''; ;) {
    const { done, value } = await stream.next();
    if (done === true) throw new Error(`it ended after ${JSON.stringify(read)}`);
    if (value.type === 'data') read += value.data;
    if (value.type === 'snapshot') read += value.snapshot.data;
    if (value.type === wanted || read.includes(wanted)) return;
  }
}
