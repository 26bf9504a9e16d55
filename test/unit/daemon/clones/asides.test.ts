import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breakOff, recover } from '../../../../daemon/clones/recovery.js';
import type { CloneRunner } from '../../../../daemon/clones/runner.js';
import type { TaskRecord } from '../../../../daemon/store/taskTable.js';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, settle, stopBy, wish } from '../../../support/cloneStage.js';
import { busy, echo, type FakeBrain, questionRequest } from '../../../support/fakeBrain.js';

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

const aside = (say: string, more: object = {}): TaskRecord =>
  stage.give(say, { kind: 'ask', aside: true, ...more });

/** A clone that works on an act, with brain 0. */
async function working(): Promise<{ runner: CloneRunner; act: { id: string } }> {
  const { runner, task } = await stage.working();
  return { runner, act: task };
}

/** The aside's own brain, once it was told something. */
async function beside(n: number): Promise<FakeBrain> {
  const brain = await stage.supplier.brain(n);
  await brain.until(() => brain.said.length === 1);
  return brain;
}

const usage = {
  ...{ model: 'm', inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 },
  costUsd: 0.5,
};

describe('an aside beside a clone that works', () => {
  it('is answered before the act has ended, and the clone does not show it but by a count', async () => {
    const { runner, act } = await working();
    const seen = stage.statuses();
    stage.supplier.script = busy;
    const task = aside('b');
    expect(task).toMatchObject({ kind: 'ask', aside: true, clone: 'mechanic.1', status: 'queued' });
    const brain = await beside(1);
    expect(brain.spec).toMatchObject({ posture: 'ask', aside: true, begun: true });
    expect(brain.spec.conversation).toBe(stage.supplier.nth(0).spec.conversation);
    expect(runner.view()).toMatchObject({ status: 'working', task: act.id, queued: 0, asides: 1 });
    brain.finish({ status: 'done', text: 'answer' }, [usage]);
    expect(await stage.end(task)).toMatchObject({ status: 'done', aside: true, result: { text: 'answer' } });
    await brain.await();
    await settle();
    expect(stage.stored(act)).toMatchObject({ status: 'running' });
    expect(runner.view()).not.toHaveProperty('asides');
    expect(runner.view().usage).toMatchObject({ inputTokens: 10, costUsd: 0.5 });
    expect(stage.statuses()).toEqual(seen);
    stage.supplier.nth(0).finish({ status: 'done', text: '' });
    await stage.end(act);
  });

  it('begins anew where it is tried again while its process is still ending', async () => {
    await working();
    stage.supplier.script = busy;
    const task = aside('b');
    const brain = await beside(1);
    const ending = stage.gate();
    const kill = brain.kill.bind(brain);
    brain.kill = () => ending.promise.then(kill);
    brain.finish({ status: 'failed', error: fail('brainError', { reason: 'r' }), text: '' });
    await stage.end(task);
    stage.supplier.script = echo;
    stage.intake.retry(stage.stored(task), {});
    await settle();
    ending.open();
    const ended = await stage.state.event('task.finished', ({ value }) => value.attempt === 2);
    expect(ended.value).toMatchObject({ id: task.id, status: 'done' });
  });

  it('leaves the queue, its order and its length as they are', async () => {
    const { act } = await working();
    const queued = stage.give('next');
    stage.supplier.script = busy;
    const task = aside('b', { priority: 1000 });
    expect(stage.queue.length('mechanic.1')).toBe(1);
    await beside(1);
    expect(stage.queue.length('mechanic.1')).toBe(1);
    expect(stage.stored(queued).status).toBe('queued');
    stage.supplier.script = echo;
    stage.supplier.nth(0).finish({ status: 'done', text: '' });
    await stage.end(act);
    await stage.end(queued);
    expect(stage.stored(task).status).toBe('running');
    expect(stage.supplier.nth(0).said).toEqual(['a', 'next']);
  });

  it('may wait for a human, and its clone does not', async () => {
    const { runner } = await working();
    stage.supplier.script = (brain) => {
      brain.emit({ type: 'turn.accepted' });
      brain.ask(questionRequest('r', 'Which?'));
    };
    const task = aside('b');
    const { approval } = await stage.state.event('approval.requested');
    expect(stage.stored(task).status).toBe('waiting');
    expect(runner.state).toBe('working');
    stage.desk.respond(approval, { decision: 'allow', answers: { 'Which?': 'red' } });
    expect(stage.stored(task).status).toBe('running');
    const brain = await beside(1);
    expect(brain.answers).toMatchObject([{ answer: { decision: 'allow' } }]);
  });

  it('is cancelled alone', async () => {
    const { act } = await working();
    stage.supplier.script = busy;
    const task = aside('b');
    const brain = await beside(1);
    await stage.directory.get('mechanic.1')?.stopTask(task.id, stopBy('cancel'));
    expect(stage.stored(task)).toMatchObject({ status: 'cancelled', error: { kind: 'taskCancelled' } });
    expect([brain.isAlive(), stage.supplier.nth(0).isAlive()]).toEqual([false, true]);
    expect(stage.stored(act).status).toBe('running');
  });

  it('that is cancelled while its process starts gets none of it', async () => {
    await working();
    const gate = stage.gate();
    stage.supplier.gate = gate.promise;
    const task = aside('b');
    await settle();
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    gate.open();
    const brain = await stage.supplier.brain(1);
    await brain.await();
    expect(brain.said).toEqual([]);
  });

  it('keeps to the limits of its clone and its own', async () => {
    const { runner } = await working();
    runner.update({ limits: { maxTokens: { day: 100 } } });
    stage.supplier.script = busy;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const late = aside('b', { timeoutMs: 50 });
    await beside(1);
    vi.advanceTimersByTime(50);
    expect(await stage.end(late)).toMatchObject({ status: 'failed', error: { kind: 'taskTimeout' } });
    vi.useRealTimers();
    const dear = aside('c');
    const brain = await beside(2);
    brain.emit({ type: 'usage.grown', usage: [{ ...usage, inputTokens: 200 }] });
    expect(await stage.end(dear)).toMatchObject({ status: 'failed', error: { kind: 'budgetExceeded' } });
    // What it took counts, and nothing more may run that day.
    expect(() => aside('d')).toThrow(kind('clonePaused', { clone: 'mechanic.1' }));
  });

  it('fails at a limit of the model, and holds nothing', async () => {
    const { runner } = await working();
    const error = fail('usageLimit', { reason: 'r', until: new Date(Date.now() + 60_000).toISOString() });
    stage.supplier.script = (brain) => brain.finish({ status: 'failed', error, text: '' });
    const ended = await stage.end(aside('b'));
    expect(ended).toMatchObject({ status: 'failed', error: { kind: 'usageLimit' } });
    expect(ended.error?.hint).toContain(`khlone retry ${ended.id}`);
    expect(runner.view()).not.toHaveProperty('hold');
  });

  it('does not count as a failure of the clone where its brain dies', async () => {
    const { runner } = await working();
    stage.supplier.script = (brain) => brain.die();
    for (let i = 0; i < 5; i++) {
      expect(await stage.end(aside('b'))).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
      await settle();
    }
    expect(runner.view()).toMatchObject({ status: 'working' });
    expect(runner.view()).not.toHaveProperty('backoff');
  });

  it('is one of four at most', async () => {
    await working();
    stage.supplier.script = busy;
    for (const say of ['b', 'c', 'd', 'e']) aside(say);
    expect(() => aside('f')).toThrow(kind('asidesFull', { limit: 4 }));
    const brain = await beside(1);
    brain.finish({ status: 'done', text: '' });
    await brain.await();
    await settle();
    expect(aside('f').status).toBe('queued');
  });
});

describe('an aside', () => {
  it('of a clone without a conversation begins one of its own, and the clone has none after it', async () => {
    const runner = stage.clone();
    await stage.end(aside('a'));
    expect(stage.supplier.nth(0).spec).toMatchObject({ aside: true, begun: false });
    expect(runner.record).toMatchObject({ begun: false, usedAt: 0 });
    expect([runner.state, stage.statuses()]).toEqual(['off', []]);
  });

  it('goes on beside somebody who talks', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await stage.status(runner, 'talking');
    expect(await stage.end(aside('b'))).toMatchObject({ status: 'done' });
    expect(runner.state).toBe('talking');
  });

  it('is of one clone, and a brain that can branch', () => {
    stage.clone({ name: 'mechanic.1', number: 1 });
    stage.clone({ name: 'mechanic.2', number: 2, failure: { failures: 5, reason: 'r' } });
    expect(() => aside('a')).toThrow(kind('cloneAmbiguous'));
    expect(() => aside('a', { who: 'mechanic.2' })).toThrow(kind('cloneFailed'));
    Object.assign(stage.supplier.capabilities, { fork: false });
    expect(() => aside('a', { who: 'mechanic.1' })).toThrow(
      kind('capabilityMissing', { capability: 'fork' }),
    );
  });

  it('may be of a clone that is read-only for good', async () => {
    stage.clone({ readOnly: true });
    expect(await stage.end(aside('a'))).toMatchObject({ status: 'done' });
  });

  it('fails where no process can be started, and can be tried again', async () => {
    stage.clone();
    stage.supplier.refusal = new Error('no such program');
    const task = aside('a');
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'brainError' } });
    stage.supplier.refusal = undefined;
    stage.state.published.length = 0;
    await settle();
    expect(stage.intake.retry(stage.stored(task), {})).toMatchObject({ aside: true });
    expect(await stage.end(task)).toMatchObject({ status: 'done', aside: true, attempt: 1 });
    expect(stage.statuses()).toEqual([]);
  });

  it('ends with its clone', async () => {
    const { runner } = await working();
    stage.supplier.script = busy;
    const task = aside('b');
    const brain = await beside(1);
    await runner.retire(stopBy('cancel'));
    expect(stage.stored(task).status).toBe('cancelled');
    expect(brain.isAlive()).toBe(false);
    expect(() => aside('c', { who: 'mechanic.1' })).toThrow(kind('cloneRetired'));
  });
});

describe('the end of the daemon', () => {
  it.each([
    { policy: 'park', status: 'interrupted' },
    { policy: 'resume', status: 'queued' },
  ] as const)('leaves an aside $status by the policy $policy', async ({ policy, status }) => {
    const runner = stage.clone({ limits: { recovery: policy } });
    stage.supplier.script = busy;
    const task = aside('a');
    const brain = await beside(0);
    await runner.close(false);
    expect(stage.stored(task).status).toBe(status);
    expect(brain.isAlive()).toBe(false);
  });

  it('lets it end first where it drains', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = aside('a');
    const brain = await beside(0);
    const closed = runner.close(true);
    brain.finish({ status: 'done', text: '' });
    await closed;
    expect(stage.stored(task).status).toBe('done');
  });

  it('that keeps brains ends its process all the same, and the next one begins it anew', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = aside('a');
    const brain = await beside(0);
    await runner.leave(false);
    expect([stage.stored(task).status, brain.isAlive()]).toEqual(['running', false]);
    await again(task, runner);
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 2, result: { text: 'echo a' } });
  });

  it('has it begun anew at most twice, and never where it was to end', async () => {
    const runner = stage.clone();
    const { store } = stage.state;
    const rows = (attempt: number): TaskRecord => {
      const task = store.tasks.insert({
        ...{ ...stage.give('x'), id: `t_${attempt}`, aside: true, kind: 'ask' },
        ...{ status: 'running', attempt },
      });
      store.turns.begin(task.id, 'mechanic.1');
      return task;
    };
    await runner.leave(false);
    const [second, third, stopped] = [rows(2), rows(3), rows(1)];
    store.turns.stop(stopped.id, { step: 'cancel', kind: 'taskCancelled', details: { reason: 'r' } });
    const { log } = stage.state;
    for (const turn of store.turns.all()) {
      if (turn.task.startsWith('t_') && [second.id, third.id, stopped.id].includes(turn.task))
        breakOff({ store, log, queue: stage.queue }, turn);
    }
    expect([second, third, stopped].map((task) => stage.stored(task).status)).toEqual([
      'queued',
      'parked',
      'cancelled',
    ]);
  });
});

/** What the next daemon makes of an aside that was left. */
async function again(task: TaskRecord, left: CloneRunner): Promise<void> {
  const { store, log } = stage.state;
  const parts = { store, log, queue: stage.queue };
  recover({ ...parts, version: '1' });
  expect(stage.stored(task).status).toBe('running');
  for (const turn of store.turns.all()) breakOff(parts, turn);
  stage.supplier.script = echo;
  stage.again(left.record).wake();
}
