import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CloneStage, settle, stopBy, wish } from '../../../support/cloneStage.js';
import { busy, type FakeBrain } from '../../../support/fakeBrain.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
});
afterEach(async () => {
  await stage.close();
  stage[Symbol.dispose]();
});
const kind = (expected: string, details: object = {}): Error =>
  expect.objectContaining({ kind: expected, details: expect.objectContaining(details) as object }) as Error;
const team = { labels: { team: 'core' } };
const all = 'label:team=core';

const reader = (change: object = {}) =>
  stage.clone({ name: 'reader.1', role: 'reader', readOnly: true, ...team, ...change });
const actor = (change: object = {}) => stage.clone({ name: 'mechanic.1', ...team, ...change });
const finish = async (n: number): Promise<FakeBrain> => {
  const brain = await stage.supplier.brain(n);
  await brain.until(() => brain.said.length > 0);
  brain.finish({ status: 'done', text: '' });
  return brain;
};

describe('an act for a read-only clone', () => {
  it.each(['reader.1', 'reader', all])('is an ask by %s, and the receipt says so', async (who) => {
    reader();
    const task = stage.give('a', { who });
    expect(task).toMatchObject({ kind: 'ask', clone: 'reader.1', who });
    await stage.end(task);
    expect(stage.supplier.nth(0).spec.posture).toBe('ask');
    expect(stage.stored(task).kind).toBe('ask');
  });

  it('with a key is the same ask when it is repeated', () => {
    reader();
    const task = stage.give('a', { who: 'reader', idempotencyKey: 'k' });
    expect(stage.give('a', { who: 'reader', idempotencyKey: 'k' }).id).toBe(task.id);
  });

  it('stays an ask where it is tried again', async () => {
    reader();
    const task = stage.give('a', { who: 'reader' });
    await stage.end(task);
    stage.state.store.tasks.update({ ...stage.stored(task), status: 'failed' }, 1);
    expect(stage.intake.retry(stage.stored(task), {}).kind).toBe('ask');
    await settle();
    expect(stage.supplier.brains.map(({ spec }) => spec.posture)).toEqual(['ask']);
  });
});

describe('an act for a pool that holds read-only clones and others', () => {
  it('goes to one that may act, whoever was used last', () => {
    reader({ usedAt: 1 });
    actor({ usedAt: 2 });
    expect(stage.give('a', { who: all })).toMatchObject({ kind: 'act', clone: 'mechanic.1' });
  });

  it('waits for one that may act, though a read-only one is free', async () => {
    stage.supplier.script = busy;
    actor();
    actor({ name: 'mechanic.2', number: 2 });
    stage.give('a', { who: all });
    stage.give('b', { who: all });
    const third = stage.give('c', { who: all });
    expect(third).toMatchObject({ kind: 'act', clone: undefined });
    // Only now there is one that is free, and it looks into the pool.
    reader().wake();
    await settle();
    expect(stage.stored(third)).toMatchObject({ status: 'queued', clone: undefined });
    await finish(0);
    await stage.state.event('task.started', ({ task }) => task === third.id);
    expect(stage.stored(third).clone).toMatch(/^mechanic/);
  });

  it('is refused for what those lack that may act, and is no ask instead', () => {
    reader();
    actor({ secrets: ['API_KEY'] });
    expect(() => stage.give('a', { who: all })).toThrow(kind('environmentMissing', { clone: 'mechanic.1' }));
  });

  it('that waited in a pool where nobody may act any more is not tried again as one', async () => {
    const held = stage.gate();
    const actors = [1, 2].map((number) =>
      stage.clone({ name: `mechanic.${number}`, number, ...team }, held.promise),
    );
    stage.give('a', { who: all });
    stage.give('b', { who: all });
    const third = stage.give('c', { who: all });
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(third), { step: 'cancel' }));
    held.open();
    await Promise.all(actors.map((runner) => runner.retire(stopBy('cancel'))));
    reader();
    expect(() => stage.intake.retry(stage.stored(third), {})).toThrow(
      kind('cloneReadOnly', { clone: 'reader.1' }),
    );
  });
});

describe('an ask for such a pool', () => {
  it('goes to any, and one that waits is taken by a read-only clone that is free', async () => {
    stage.supplier.script = busy;
    reader({ usedAt: 1 });
    actor({ usedAt: 2 });
    expect(stage.give('a', { who: all, kind: 'ask' }).clone).toBe('reader.1');
    expect(stage.give('b', { who: all, kind: 'ask' }).clone).toBe('mechanic.1');
    const third = stage.give('c', { who: all, kind: 'ask' });
    expect(third.clone).toBeUndefined();
    await finish(0);
    await stage.state.event('task.started', ({ task }) => task === third.id);
    expect(stage.stored(third).clone).toBe('reader.1');
  });
});

describe('a read-only clone', () => {
  it('cannot be talked to: what is typed in a terminal could write', async () => {
    const runner = reader();
    await expect(runner.talk(wish())).rejects.toThrow(kind('cloneReadOnly', { clone: 'reader.1' }));
    expect(stage.supplier.brains).toEqual([]);
  });

  it('shows that it is one; others show nothing', () => {
    expect(reader().view().readOnly).toBe(true);
    expect(actor().view()).not.toHaveProperty('readOnly');
  });
});
