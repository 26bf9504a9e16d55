import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CloneRunner } from '../../../../daemon/clones/runner.js';
import { fail } from '../../../../protocol/fail.js';
import type { Limits } from '../../../../protocol/shapes/clone.js';
import { CloneStage, settle, stopBy, wish } from '../../../support/cloneStage.js';
import { echo, type Script, toolRequest } from '../../../support/fakeBrain.js';
import { cloneRecord } from '../../../support/zoneState.js';

const minute = 60_000;

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});

const fakeTime = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
};

/** A turn that uses so many tokens, and tells of it as it goes. */
const uses =
  (inputTokens: number): Script =>
  (brain, say) => {
    const usage = [
      {
        model: 'm',
        inputTokens,
        outputTokens: 0,
        cacheWriteTokens: 0,
        cacheReadTokens: 0,
        costUsd: inputTokens / 100,
      },
    ];
    brain.emit({ type: 'turn.accepted' });
    brain.emit({ type: 'message.completed', message: 'x', text: 'half' });
    brain.emit({ type: 'usage.grown', usage: usage.map((each) => ({ ...each, costUsd: 0 })) });
    // Not where it was interrupted.
    brain.finish({ status: 'done', text: `echo ${say}` }, usage);
  };

/** A turn that comes to the model's limit. */
const limited =
  (until: Date, touched = false): Script =>
  (brain) => {
    brain.emit({ type: 'turn.accepted' });
    if (touched) brain.emit({ type: 'message.completed', message: 'x', text: 'half' });
    const error = fail('usageLimit', { reason: 'resets 3pm', until: until.toISOString() });
    brain.finish({ status: 'failed', error, text: '' });
  };

const pendingBudget = () => stage.budgets.pending('mechanic.1');
const answer = async (decision: 'allow' | 'allowAlways' | 'deny'): Promise<void> => {
  stage.budgets.respond(pendingBudget()?.id ?? '', { decision });
  await settle();
};
const clone = (limits: Limits = {}): CloneRunner => stage.clone({ limits });

describe('a task that comes to a usage limit', () => {
  it('runs again once that is over, and the clone begins nothing before', async () => {
    fakeTime();
    const runner = clone();
    stage.supplier.script = limited(new Date(Date.now() + 10 * minute));
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.supplier.script = echo;
    const other = stage.give('b', { priority: 5 });
    await settle();
    const until = new Date(Date.now() + 10 * minute).toISOString();
    expect(runner.view()).toMatchObject({ status: 'paused', queued: 2, hold: { task: task.id, until } });
    expect(stage.stored(task)).toMatchObject({ status: 'queued', attempt: 1, error: { kind: 'usageLimit' } });
    await vi.advanceTimersByTimeAsync(9 * minute);
    expect(stage.stored(other).status).toBe('queued');
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 2 });
    // Nothing had been begun, so it is told as it was.
    expect(stage.supplier.said).toEqual(['a', 'b', 'a']);
    expect(stage.stored(task)).toMatchObject({ error: undefined, notBefore: undefined });
    expect(runner.view().hold).toBeUndefined();
  });

  it('is told that it was broken off where something was done already', async () => {
    fakeTime();
    const runner = clone();
    stage.supplier.script = limited(new Date(Date.now() + minute), true);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.supplier.script = echo;
    await vi.advanceTimersByTimeAsync(2 * minute);
    await stage.end(task);
    expect(stage.supplier.said[1]).toMatch(/go on from there\.\n\na$/);
  });

  it('can be cancelled, and the next one is begun', async () => {
    const runner = clone();
    stage.supplier.script = limited(new Date(Date.now() + 10 * minute));
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.supplier.script = echo;
    const other = stage.give('b');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    runner.wake();
    expect((await stage.end(other)).status).toBe('done');
  });

  it('is tried at once when a human says so', async () => {
    const runner = clone();
    stage.supplier.script = limited(new Date(Date.now() + 10 * minute));
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.supplier.script = echo;
    runner.forgive();
    await runner.hibernate({ now: true });
    expect((await stage.end(task)).status).toBe('done');
  });

  it('waits on in the next daemon', async () => {
    fakeTime();
    const runner = clone();
    stage.supplier.script = limited(new Date(Date.now() + 10 * minute));
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    await runner.close(false);
    stage.supplier.script = echo;
    const next = stage.again(cloneRecord());
    next.wake();
    await settle();
    expect(next.view()).toMatchObject({ status: 'paused', hold: { task: task.id } });
    await vi.advanceTimersByTimeAsync(11 * minute);
    expect((await stage.end(task)).status).toBe('done');
  });

  it('fails where its clone is not to wait', async () => {
    clone({ onUsageLimit: 'fail' });
    stage.supplier.script = limited(new Date(Date.now() + 10 * minute));
    expect(await stage.end(stage.give('a'))).toMatchObject({
      status: 'failed',
      error: { kind: 'usageLimit' },
    });
  });
});

describe('a budget', () => {
  it('breaks a task off that passes it, and asks whether it may go on', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    expect(stage.stored(task)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(pendingBudget()).toMatchObject({
      task: task.id,
      title: 'go on? it has used 150 tokens of 100 tokens for this task',
      budget: { scope: 'task', unit: 'tokens', used: 150, limit: 100, more: 100 },
    });
    stage.supplier.script = uses(10);
    await answer('allow');
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 2, usage: { inputTokens: 160 } });
    expect(stage.supplier.said[1]).toMatch(/go on from there\.\n\na$/);
    expect([runner.state, pendingBudget()]).toEqual(['idle', undefined]);
  });

  it('that is raised ends the pause before whoever raises it is answered', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    await settle();
    runner.update({ limits: { maxTokens: { task: 1000 } } });
    expect([runner.state, runner.view().hold, pendingBudget()]).toEqual(['idle', undefined, undefined]);
    expect((await stage.end(task)).status).toBe('done');
  });

  it('asks again once what was allowed is used, too', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(120);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    await answer('allow');
    expect(pendingBudget()).toMatchObject({ budget: { used: 240, limit: 200 } });
    await answer('allowAlways');
    expect(await stage.end(task)).toMatchObject({ status: 'done', usage: { inputTokens: 360 } });
  });

  it('ends the task where a human says no', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    await answer('deny');
    expect(stage.stored(task)).toMatchObject({ status: 'failed', error: { kind: 'budgetExceeded' } });
    stage.supplier.script = echo;
    expect((await stage.end(stage.give('b'))).status).toBe('done');
  });

  it('of a day holds the next task until tomorrow, or until it may', async () => {
    fakeTime();
    vi.setSystemTime(new Date(2026, 10, 27, 22));
    const runner = clone({ maxCostUsd: { day: 1 } });
    stage.supplier.script = uses(150);
    // Its cost is known only with its end.
    expect((await stage.end(stage.give('a'))).status).toBe('done');
    const next = stage.give('b');
    await stage.status(runner, 'paused');
    expect(pendingBudget()).toMatchObject({ task: next.id, budget: { scope: 'day', unit: 'usd', limit: 1 } });
    await answer('deny');
    expect(stage.stored(next)).toMatchObject({ status: 'queued', error: { kind: 'budgetExceeded' } });
    expect(runner.view().hold?.until).toBe(new Date(2026, 10, 28).toISOString());
    stage.supplier.script = echo;
    await vi.advanceTimersByTimeAsync(121 * minute);
    expect((await stage.end(next)).status).toBe('done');
  });

  it('of a day asks no longer once it is full again', async () => {
    fakeTime();
    vi.setSystemTime(new Date(2026, 10, 27, 22));
    const runner = clone({ maxCostUsd: { day: 1 } });
    stage.supplier.script = uses(150);
    await stage.end(stage.give('a'));
    const next = stage.give('b');
    await stage.status(runner, 'paused');
    await vi.advanceTimersByTimeAsync(121 * minute);
    expect((await stage.end(next)).status).toBe('done');
    expect(stage.state.store.approvals.list({ status: ['withdrawn'], limit: 9 })).toHaveLength(1);
  });

  it('is still asked about in the next daemon, once', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    stage.give('a');
    await stage.status(runner, 'paused');
    const asked = pendingBudget();
    await runner.close(false);
    const next = stage.again(cloneRecord({ limits: { maxTokens: { task: 100 } } }));
    next.wake();
    await settle();
    expect([next.state, pendingBudget()?.id]).toEqual(['paused', asked?.id]);
    expect(stage.state.store.approvals.list({ status: ['pending', 'withdrawn'], limit: 9 })).toHaveLength(1);
  });

  it('is asked about no longer once its task is cancelled, or its clone retired', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    runner.wake();
    await settle();
    expect([runner.state, pendingBudget()]).toEqual(['idle', undefined]);

    stage.give('b');
    await stage.status(runner, 'paused');
    await runner.retire(stopBy('cancel'));
    expect(pendingBudget()).toBeUndefined();
  });

  it('is asked about no longer where its task is cancelled while somebody talks, and the clone goes on', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    const hold = await runner.talk(wish());
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    stage.supplier.script = echo;
    const next = stage.give('b');
    hold.dispose();
    expect((await stage.end(next)).status).toBe('done');
    expect(pendingBudget()).toBeUndefined();
  });

  it('tells that the process of a clone that waits was given back', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    stage.give('a');
    await stage.status(runner, 'paused');
    await settle();
    await runner.giveBack('memory');
    expect(stage.state.of('clone.status').at(-1)).toMatchObject({
      status: 'paused',
      posture: 'off',
      reason: 'memory',
    });
    await answer('allow');
    expect(runner.view().posture).not.toBe('off');
  });

  it('lets people come to the terminal meanwhile', async () => {
    const runner = clone({ maxTokens: { task: 100 } });
    stage.supplier.script = uses(150);
    stage.give('a');
    await stage.status(runner, 'paused');
    const hold = await runner.talk({
      wait: true,
      now: false,
      size: undefined,
      signal: new AbortController().signal,
    });
    await settle();
    expect(runner.state).toBe('talking');
    hold.dispose();
    await stage.status(runner, 'paused');
    expect(pendingBudget()).toBeDefined();
  });
});

describe('the longest turn', () => {
  it('is by the time that is worked, not by that of waiting', async () => {
    fakeTime();
    clone({ maxTurnMs: 10 * minute });
    stage.supplier.script = (brain) => {
      brain.emit({ type: 'turn.accepted' });
      brain.emit({ type: 'approval.requested', approval: toolRequest('r1') });
    };
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    await vi.advanceTimersByTimeAsync(20 * minute);
    expect(stage.stored(task).status).toBe('waiting');
    const [approval] = stage.state.store.approvals.list({ status: ['pending'], limit: 1 });
    stage.desk.respond(approval?.id ?? '', { decision: 'allow' });
    await vi.advanceTimersByTimeAsync(9 * minute);
    expect(stage.stored(task).status).toBe('running');
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'turnTooLong' } });
  });
});
