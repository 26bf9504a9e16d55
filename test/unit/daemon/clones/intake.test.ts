import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { taskRetry } from '../../../../protocol/methods/task.js';
import type { HeldTerminal } from '../../../../daemon/holder/contract.js';
import { CloneStage, settle, stopBy } from '../../../support/cloneStage.js';
import { busy, FakeSupplier } from '../../../support/fakeBrain.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});
const kind = (expected: string, details: object = {}): Error =>
  expect.objectContaining({ kind: expected, details: expect.objectContaining(details) as object }) as Error;

describe('work for a pool', () => {
  const two = (): void => {
    stage.clone({ name: 'mechanic.1', number: 1, usedAt: 20 });
    stage.clone({ name: 'mechanic.2', number: 2, usedAt: 10 });
  };

  it('goes to the free clone that was used least recently', () => {
    two();
    stage.supplier.script = busy;
    expect(stage.give('a').clone).toBe('mechanic.2');
    expect(stage.give('b').clone).toBe('mechanic.1');
  });

  it('leaves a terminal that somebody may come back to, where another clone is free', async () => {
    two();
    const held = { size: { cols: 80, rows: 24 }, identity: { pid: process.pid } } as HeldTerminal;
    expect(await stage.directory.get('mechanic.2')?.adopt(held, () => false)).toBe(true);
    await settle();
    stage.supplier.script = busy;
    expect(stage.give('a').clone).toBe('mechanic.1');
    expect(stage.give('b').clone).toBe('mechanic.2');
  });

  it('waits in the pool where all are busy, and goes to the first who is free', async () => {
    two();
    stage.supplier.script = busy;
    const first = stage.give('a');
    stage.give('b');
    const third = stage.give('c');
    expect(third.clone).toBeUndefined();
    expect(stage.queue.length('mechanic')).toBe(1);
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    brain.finish({ status: 'done', text: '' });
    await stage.state.event('task.started', ({ task }) => task === third.id);
    expect(stage.stored(third).clone).toBe(first.clone);
    expect(stage.queue.length('mechanic')).toBe(0);
  });

  it('is left to those who can do it: an ask is not typed into a program', async () => {
    two();
    const programs = new FakeSupplier();
    programs.capabilities = { ...programs.capabilities, ask: false };
    stage.supplier.script = busy;
    const first = stage.give('a', { kind: 'ask' });
    stage.give('b', { kind: 'ask' });
    const third = stage.give('c', { kind: 'ask' });
    const act = stage.give('d');
    expect([third.clone, act.clone]).toEqual([undefined, undefined]);
    stage.clone({ name: 'mechanic.3', number: 3 }, undefined, programs).wake();
    await stage.end(act);
    await settle();
    expect(programs.said).toEqual(['d']);
    expect(stage.stored(third)).toMatchObject({ status: 'queued', clone: undefined });
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    brain.finish({ status: 'done', text: '' });
    await stage.state.event('task.started', ({ task }) => task === third.id);
    expect(stage.stored(third).clone).toBe(first.clone);
  });

  it('passes over a clone that lacks a variable, is parked, or has just failed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    stage.clone({ name: 'mechanic.1', number: 1, secrets: ['API_KEY'] });
    stage.clone({ name: 'mechanic.2', number: 2, failure: { failures: 5, reason: 'r' } });
    stage.clone({ name: 'mechanic.3', number: 3 });
    // Used later than any other: it is not chosen for its rest.
    stage.clone({ name: 'mechanic.4', number: 4, usedAt: Number.MAX_SAFE_INTEGER });
    stage.supplier.script = (brain) => brain.die();
    const failed = stage.give('a');
    expect(failed.clone).toBe('mechanic.3');
    await stage.end(failed);
    await settle();
    expect(stage.give('b').clone).toBe('mechanic.4');
  });

  it('says why nobody can take it', () => {
    stage.clone({ name: 'mechanic.1', number: 1, secrets: ['API_KEY'] });
    stage.clone({ name: 'mechanic.2', number: 2, failure: { failures: 5, reason: 'r' } });
    expect(() => stage.give('a')).toThrow(kind('environmentMissing', { names: ['API_KEY'] }));
  });

  it('goes into the queue of a clone that is the only one, also while it is busy', () => {
    stage.clone();
    stage.supplier.script = busy;
    expect([stage.give('a').clone, stage.give('b').clone]).toEqual(['mechanic.1', 'mechanic.1']);
  });
});

describe('a queue that is full', () => {
  it('takes nothing more, until there is room', () => {
    const held = stage.gate();
    stage.clone({ limits: { maxQueue: 2 } }, held.promise);
    const first = stage.give('a');
    stage.give('b');
    expect(() => stage.give('c')).toThrow(kind('queueFull', { who: 'mechanic.1', limit: 2 }));
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(first), { step: 'cancel' }));
    stage.give('c');
    expect(() => stage.intake.retry(stage.stored(first), {})).toThrow(kind('queueFull'));
  });

  it('is counted for a pool by the roomiest of its clones', () => {
    const held = stage.gate();
    stage.clone({ name: 'mechanic.1', number: 1, limits: { maxQueue: 1 } }, held.promise);
    stage.clone({ name: 'mechanic.2', number: 2, limits: { maxQueue: 2 } }, held.promise);
    // One each, two in the pool.
    for (const say of ['a', 'b', 'c', 'd']) stage.give(say);
    expect(() => stage.give('e')).toThrow(kind('queueFull', { who: 'mechanic', limit: 2 }));
  });
});

describe('a key', () => {
  it('gives the first answer, whatever has become of the task', async () => {
    stage.clone();
    const first = stage.give('a', { idempotencyKey: 'k' });
    await stage.end(first);
    expect(stage.give('a', { idempotencyKey: 'k' })).toMatchObject({ id: first.id, status: 'done' });
    expect(stage.give('a', { idempotencyKey: 'other' }).id).not.toBe(first.id);
    expect(() => stage.give('b', { idempotencyKey: 'k' })).toThrow(kind('idempotencyConflict', { key: 'k' }));
    expect(stage.state.of('task.queued')).toHaveLength(2);
  });

  it('stands for nothing where the disk refused the task', () => {
    stage.clone();
    const works = stage.state.refuse();
    expect(() => stage.give('a', { idempotencyKey: 'k' })).toThrow(kind('storageFailed'));
    works();
    expect(stage.queue.length('mechanic.1')).toBe(0);
    expect(stage.give('b', { idempotencyKey: 'k' }).say).toBe('b');
  });
});

describe('a task that is tried again', () => {
  it('goes to the clone that had it, as it was given', async () => {
    stage.clone({ name: 'mechanic.1', number: 1 });
    stage.clone({ name: 'mechanic.2', number: 2 });
    const given = { priority: 3, timeoutMs: 1000, labels: { a: 'b' } };
    const task = stage.give('a', given);
    await stage.end(task);
    stage.state.store.tasks.update({ ...stage.stored(task), status: 'failed' }, 1);
    stage.state.published.length = 0;
    const again = stage.intake.retry(stage.stored(task), {});
    expect(again).toMatchObject({ id: task.id, status: 'queued', clone: task.clone, ...given });
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 2 });
  });

  it('goes to its pool where no clone had it', () => {
    const held = stage.gate();
    stage.supplier.script = busy;
    for (const number of [1, 2]) stage.clone({ name: `mechanic.${number}`, number }, held.promise);
    stage.give('a');
    stage.give('b');
    const third = stage.give('c');
    expect(third.clone).toBeUndefined();
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(third), { step: 'cancel' }));
    expect(stage.intake.retry(stage.stored(third), {})).toMatchObject({
      clone: undefined,
      status: 'queued',
    });
    expect(stage.queue.length('mechanic')).toBe(1);
  });

  it('fails as its row of the table says where its pool has nobody left', async () => {
    const held = stage.gate();
    const runners = [1, 2].map((number) => stage.clone({ name: `mechanic.${number}`, number }, held.promise));
    stage.give('a');
    stage.give('b');
    const third = stage.give('c');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(third), { step: 'cancel' }));
    held.open();
    await Promise.all(runners.map((runner) => runner.retire(stopBy('cancel'))));
    expect(() => stage.intake.retry(stage.stored(third), {})).toThrow(kind('cloneNotFound'));
    expect(taskRetry.errors).toContain('cloneNotFound');
  });

  it('fails as its row of the table says where its brain cannot do it', async () => {
    stage.clone();
    const task = stage.give('a', { kind: 'ask' });
    await stage.end(task);
    stage.state.store.tasks.update({ ...stage.stored(task), status: 'failed' }, 1);
    Object.assign(stage.supplier.capabilities, { ask: false });
    expect(() => stage.intake.retry(stage.stored(task), {})).toThrow(kind('capabilityMissing'));
    expect(taskRetry.errors).toContain('capabilityMissing');
  });
});
