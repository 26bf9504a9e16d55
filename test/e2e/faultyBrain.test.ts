import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clone, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { nextEvent } from '../support/events.js';
import { withFaultyClaude } from '../support/faultyClaude.js';
import { processesWith } from '../support/processes.js';

let zone: DaemonZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = new DaemonZone();
  withFaultyClaude(zone);
  khlone = await zone.connect();
});
afterAll(() => zone[Symbol.asyncDispose]());

let enrolled = 0;
/** A clone whose brain has a fault; with `once` only its first process has it. */
const enroll = (
  fault: string,
  env: Record<string, string> = {},
  limits: Clone['limits'] = {},
): Promise<Clone> => {
  const starts = join(zone.sandbox.folder, `starts.${++enrolled}`);
  return khlone.clone.enroll({
    role: `faulty${enrolled}`,
    brain: 'claude',
    env: { FAULT: fault, STARTS: starts, ...env },
    limits: { stallMs: 500, graceMs: 200, ...limits },
  });
};
/** Processes of a clone of this zone: elsewhere on the machine may be others of its name. */
const processesOf = (name: string): number[] =>
  processesWith(`KHLONE_CLONE=${name}`, `HOME=${zone.sandbox.folder}`);
const run = async (who: string, say: string): Promise<Task> => {
  const { id } = await khlone.clone.act({ who, say });
  return khlone.task.wait({ task: id });
};

describe('a brain that fails in mid-turn', () => {
  it.each([
    ['silent', 'brainSilent', undefined],
    ['silent-with-tool', 'brainSilent', undefined],
    ['no-result', 'brainNoResult', 'answer 1'],
    ['dies-before-result', 'brainNoResult', 'answer 1'],
    ['dies-with-tool', 'brainDied', undefined],
    ['exits-at-once', 'brainDied', undefined],
  ])('by %s ends its task as %s, and the clone works on', async (fault, kind, text) => {
    const { name } = await enroll(fault, { ONCE: '1' });
    const failed = await run(name, 'one');
    expect(failed).toMatchObject({ status: 'failed', error: { kind } });
    expect(failed.result?.text).toBe(text);
    expect((await khlone.clone.get({ who: name })).backoff).toMatchObject({ failures: 1 });
    expect(await run(name, 'two')).toMatchObject({ status: 'done', result: { text: 'answer 1' } });
    expect(await khlone.clone.get({ who: name })).not.toHaveProperty('backoff');
  });
});

describe('a process that hangs after its result', () => {
  it.each(['hibernate', 'restart'] as const)('is gone after a %s, and the clone works on', async (verb) => {
    const { name } = await enroll('hangs-after-result');
    expect((await run(name, 'one')).status).toBe('done');
    const [brain] = processesOf(name);
    expect(brain).toBeDefined();
    const { status } = await khlone.clone[verb]({ who: name });
    expect(status).toBe('off');
    expect(processesOf(name)).toEqual([]);
    expect((await run(name, 'two')).status).toBe('done');
    await khlone.clone.retire({ who: name });
  });
});

it('a restart ends a turn that hangs, and goes on with the queue', async () => {
  const { name } = await enroll('never-accepts', { ONCE: '1' });
  const hung = await khlone.clone.act({ who: name, say: 'one' });
  const next = await khlone.clone.act({ who: name, say: 'two' });
  await expect.poll(async () => (await khlone.task.get({ task: hung.id })).status).toBe('running');
  await khlone.clone.restart({ who: name });
  expect(await khlone.task.wait({ task: hung.id })).toMatchObject({
    status: 'interrupted',
    error: { message: expect.stringContaining('restarted') as string },
  });
  expect((await khlone.task.wait({ task: next.id })).status).toBe('done');
});

it('a holder that hangs holds its clone up no longer than the deadlines of its brain', async () => {
  const { name } = await enroll('silent-with-tool', { ONCE: '1' });
  const task = await khlone.clone.act({ who: name, say: 'one' });
  const events = khlone.events({ from: 'start', types: ['tool.started'], who: name });
  await nextEvent(events, 'tool.started');
  await events.return();
  const [pid = 0] = processesOf(name);
  const [brain] = zone.brains().filter((found) => found.pid === pid);
  process.kill(brain?.parent ?? 0, 'SIGSTOP');
  expect(await khlone.task.wait({ task: task.id })).toMatchObject({ error: { kind: 'brainSilent' } });
  expect((await run(name, 'two')).status).toBe('done');
  await expect.poll(() => zone.processes().map((found) => found.pid)).not.toContain(brain?.parent);
});

describe('limits of the machine', () => {
  it('end a brain whose processes use too much memory, with an error that says so, and the clone works on', async () => {
    const { name } = await enroll('eats-memory', { ONCE: '1' }, { memoryMb: 400, stallMs: 60_000 });
    const failed = await run(name, 'one');
    expect(failed).toMatchObject({
      status: 'failed',
      error: { kind: 'brainOutOfMemory', message: expect.stringContaining('400 MiB') as string },
    });
    expect(processesOf(name)).toEqual([]);
    expect((await run(name, 'two')).status).toBe('done');
    const { enforced } = await khlone.clone.get({ who: name });
    const { supervision } = await khlone.daemon.status();
    expect(enforced).toEqual({ memory: supervision?.memory });
  });

  it('end a process at rest that uses too much memory, and say so', async () => {
    const eat = join(zone.sandbox.folder, 'eat');
    const { name } = await enroll('eats-memory-when-told', { EAT: eat, ONCE: '1' }, { memoryMb: 400 });
    const events = khlone.events({ from: 'start', types: ['clone.status'], who: name });
    expect((await run(name, 'one')).status).toBe('done');
    await nextEvent(events, 'clone.status', ({ status }) => status === 'idle');
    writeFileSync(eat, '');
    const off = await nextEvent(events, 'clone.status', ({ status }) => status === 'off');
    await events.return();
    expect(off).toMatchObject({ reason: 'limit' });
    expect(readFileSync(join(zone.paths.log, 'daemon.log'), 'utf8')).toContain('more memory than its limit');
    expect((await run(name, 'two')).status).toBe('done');
  });

  it('keep a brain on its processors, and say by what', async () => {
    const { name } = await enroll('', {}, { cpus: 1 });
    await run(name, 'one');
    const { enforced } = await khlone.clone.get({ who: name });
    const { supervision } = await khlone.daemon.status();
    expect(enforced).toEqual({ cpus: supervision?.cpus });
    const [pid] = processesOf(name);
    if (supervision?.cpus === 'affinity')
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\s*\d+$/m);
  });
});

it('a clone in a PID namespace works as any other, where there is bubblewrap; it says what it has', async () => {
  const { supervision } = await khlone.daemon.status();
  const { name } = await enroll('', {}, { namespace: true });
  for (const text of ['answer 1', 'answer 2'])
    expect(await run(name, 'go')).toMatchObject({ status: 'done', result: { text } });
  const { enforced } = await khlone.clone.get({ who: name });
  expect(enforced).toEqual({ processes: supervision?.namespaces === true ? 'namespace' : supervision?.ends });
  await khlone.clone.hibernate({ who: name });
  expect(processesOf(name)).toEqual([]);
});

it('what the processes of a clone use is told while they run, and not when there is none', async () => {
  const { name } = await enroll('');
  expect(await khlone.clone.get({ who: name })).not.toHaveProperty('resources');
  await run(name, 'one');
  const { clones } = await khlone.clone.list({ role: name.replace('.1', '') });
  expect(clones[0]?.resources).toMatchObject({ processes: 1 });
  expect(clones[0]?.resources?.rssBytes).toBeGreaterThan(20_000_000);
  await khlone.clone.hibernate({ who: name });
  expect(await khlone.clone.get({ who: name })).not.toHaveProperty('resources');
});
