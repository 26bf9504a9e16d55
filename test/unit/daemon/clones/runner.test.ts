import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, settle, stopBy } from '../../../support/cloneStage.js';
import { busy, echo, questionRequest, toolRequest } from '../../../support/fakeBrain.js';

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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
};
/** Why the clone's process was said to be gone, last. */
const lastReason = (): string | undefined => stage.state.of('clone.status').at(-1)?.reason;
const used = { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4, costUsd: 0.25 };

describe('the tasks of a clone', () => {
  it('run in order, one at a time, on one process', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const tasks = ['a', 'b', 'c'].map((say) => stage.give(say));
    for (const [i, task] of tasks.entries()) {
      const brain = await stage.supplier.brain(0);
      await brain.until(() => brain.said.length === i + 1);
      expect(stage.state.store.tasks.counts()).toMatchObject({ running: 1 });
      brain.finish({ status: 'done', text: `${i}` });
      expect(await stage.end(task)).toMatchObject({ status: 'done', result: { text: `${i}` }, attempt: 1 });
    }
    expect(stage.supplier.said).toEqual(['a', 'b', 'c']);
    expect(stage.supplier.brains).toHaveLength(1);
    await stage.status(runner, 'idle');
    expect(stage.statuses()).toEqual(['starting', 'working', 'idle', 'working', 'idle', 'working', 'idle']);
  });

  it('run by priority, then by age', async () => {
    const held = stage.gate();
    stage.clone({}, held.promise);
    const tasks = [0, 5, -1, 5].map((priority, i) => stage.give(`${i}`, { priority }));
    held.open();
    await Promise.all(tasks.map((task) => stage.end(task)));
    expect(stage.supplier.said).toEqual(['1', '3', '0', '2']);
  });

  it('begin only once nothing of an earlier daemon is left', async () => {
    const held = stage.gate();
    stage.clone({}, held.promise);
    const task = stage.give('a');
    await settle();
    expect(stage.supplier.brains).toEqual([]);
    held.open();
    expect((await stage.end(task)).status).toBe('done');
  });

  it('tell their way in events', async () => {
    stage.clone();
    stage.supplier.script = (brain, say) => {
      brain.emit({ type: 'turn.accepted' });
      brain.emit({ type: 'message.delta', message: 'm', offset: 0, text: 'he' });
      brain.emit({ type: 'tool.started', tool: 'u', name: 'Read', title: 'Read a', input: { a: 1 } });
      brain.emit({ type: 'tool.finished', tool: 'u', failed: false, output: 'out' });
      brain.emit({ type: 'message.completed', message: 'm', text: 'hello' });
      brain.emit({ type: 'fault', reason: 'garbage' });
      brain.finish({ status: 'done', text: say }, [{ model: 'big', ...used }]);
    };
    await stage.end(stage.give('a'));
    await settle();
    expect(stage.state.published.map(({ type }) => type)).toEqual([
      'task.queued',
      'clone.status',
      'task.started',
      'clone.status',
      'message.delta',
      'tool.started',
      'tool.finished',
      'message.completed',
      'brain.fault',
      'usage.updated',
      'task.finished',
      'clone.status',
    ]);
  });

  it('add up what they use, for the clone and by task', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) =>
      brain.finish({ status: 'done', text: '' }, [
        { model: 'big', ...used },
        { model: 'small', ...used },
      ]);
    const first = await stage.end(stage.give('a'));
    expect(first.usage).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      cacheWriteTokens: 6,
      cacheReadTokens: 8,
      costUsd: 0.5,
    });
    await stage.end(stage.give('b'));
    expect(runner.view().usage).toMatchObject({ inputTokens: 4, costUsd: 1 });
    expect(stage.state.store.usage.by('model', {}, 9)).toMatchObject([
      { model: 'small', inputTokens: 2 },
      { model: 'big', inputTokens: 2 },
    ]);
  });
});

describe('the process of a clone', () => {
  it('ends before one of another posture begins, and has the same conversation', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await stage.end(stage.give('b', { kind: 'ask' }));
    await stage.end(stage.give('c', { kind: 'ask' }));
    // The supplier itself throws where two are alive.
    const { brains } = stage.supplier;
    expect(brains.map(({ spec, said }) => [spec.posture, said])).toEqual([
      ['act', ['a']],
      ['ask', ['b', 'c']],
    ]);
    expect(brains.map((brain) => brain.isAlive())).toEqual([false, true]);
    expect(new Set(brains.map(({ spec }) => spec.conversation)).size).toBe(1);
    expect(brains.map(({ spec }) => spec.begun)).toEqual([false, true]);
    expect(runner.view()).toMatchObject({ status: 'idle', posture: 'ask' });
  });

  it.each([
    ['model', { model: 'big' }],
    ['brief', { brief: 'be kind' }],
    ['environment', { env: { LANG: 'C' } }],
    ['policy on edits', { approvals: 'acceptEdits' as const }],
  ])('is another one from the next task on when its %s changes', async (_, change) => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    runner.update(change);
    expect(stage.supplier.brains[0]?.isAlive()).toBe(true);
    await stage.end(stage.give('b'));
    expect(stage.supplier.brains.map((brain) => brain.isAlive())).toEqual([false, true]);
    expect(stage.supplier.brains[1]?.spec).toMatchObject({ begun: true });
    expect(stage.state.of('clone.updated')).toHaveLength(1);
  });

  it.each([
    ['labels', { labels: { a: 'b' } }],
    ['limits', { limits: { maxQueue: 3 } }],
    ['policy on the rest', { approvals: 'deny' as const }],
  ])('stays when its %s change', async (_, change) => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    runner.update(change);
    await stage.end(stage.give('b'));
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('ends at rest after a while, and comes back for the next task', async () => {
    fakeTime();
    const runner = stage.clone({ limits: { idleMs: 5000 } });
    await stage.end(stage.give('a'));
    await settle();
    await vi.advanceTimersByTimeAsync(4000);
    await stage.end(stage.give('b'));
    await settle();
    await vi.advanceTimersByTimeAsync(4999);
    expect(runner.state).toBe('idle');
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect([runner.state, runner.view().posture, runner.hasProcess]).toEqual(['off', 'off', false]);
    await stage.end(stage.give('c'));
    expect(stage.supplier.brains.map(({ said }) => said)).toEqual([['a', 'b'], ['c']]);
  });

  it('is kept for a quarter of an hour by default', async () => {
    fakeTime();
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    await vi.advanceTimersByTimeAsync(15 * 60_000 - 1);
    expect(runner.state).toBe('idle');
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(runner.state).toBe('off');
  });

  it('is told to be off when it ends at rest by itself', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    stage.supplier.brains[0]?.die();
    await stage.status(runner, 'off');
    expect(lastReason()).toBe('died');
    expect((await stage.end(stage.give('b'))).status).toBe('done');
  });

  it('is told to be off for its limit when it ends at rest since it used up its memory', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    const brain = stage.supplier.nth(0);
    brain.outOfMemory = true;
    brain.die();
    await stage.status(runner, 'off');
    expect(lastReason()).toBe('limit');
  });

  it('has what its clone was enrolled with', async () => {
    stage.vault.put('mechanic.1', { API_KEY: 'k' });
    stage.clone({
      cwd: '/zone/sub',
      model: 'm',
      brief: 'b',
      env: { LANG: 'C' },
      secrets: ['API_KEY'],
      grants: ['Edit(./**)'],
    });
    await stage.end(stage.give('a'));
    expect(stage.supplier.brains[0]?.spec).toMatchObject({
      clone: 'mechanic.1',
      cwd: '/zone/sub',
      model: 'm',
      brief: 'b',
      edits: 'ask',
      grants: ['Edit(./**)'],
      env: { LANG: 'C', API_KEY: 'k', KHLONE_CLONE: 'mechanic.1' },
    });
  });

  it('is known to have begun its conversation from its first turn on, on disk', async () => {
    stage.clone();
    stage.supplier.script = busy;
    stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    expect(stage.state.store.clones.all()[0]?.begun).toBe(true);
  });
});

describe('a stop', () => {
  it.each([
    ['cancel', 'cancelled', 'taskCancelled'],
    ['interrupt', 'interrupted', 'taskInterrupted'],
  ] as const)('by %s ends the turn, keeps the process, and the queue goes on', async (step, status, kind) => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const [first, second] = [stage.give('a'), stage.give('b')];
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    stage.supplier.script = echo;
    await runner.stopTask(first.id, stopBy(step));
    expect(stage.stored(first)).toMatchObject({ status, error: { kind } });
    expect((await stage.end(second)).status).toBe('done');
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('of a task that does not run does nothing', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const [first, second] = [stage.give('a'), stage.give('b')];
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    await runner.stopTask(second.id, stopBy('cancel'));
    expect([stage.stored(first).status, brain.interrupts]).toEqual(['running', 0]);
  });

  it('that comes after the end of the turn leaves it as it ended', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => {
      brain.deaf = true;
      brain.emit({ type: 'turn.accepted' });
    };
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const stopped = runner.interrupt(stopBy('interrupt'));
    brain.finish({ status: 'done', text: 'in time' });
    await stopped;
    expect(stage.stored(task)).toMatchObject({ status: 'done', result: { text: 'in time' } });
  });

  it('has its first reason', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => (brain.deaf = true);
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const stopped = [runner.stopTask(task.id, stopBy('cancel')), runner.interrupt(stopBy('interrupt'))];
    brain.finish({ status: 'interrupted', text: 'so far' });
    await Promise.all(stopped);
    expect(stage.stored(task)).toMatchObject({ status: 'cancelled', result: { text: 'so far' } });
    expect(brain.interrupts).toBe(1);
  });

  it('of a clone at rest or off does nothing', async () => {
    const runner = stage.clone();
    await runner.interrupt(stopBy('interrupt'));
    await stage.end(stage.give('a'));
    await settle();
    await runner.interrupt(stopBy('interrupt'));
    expect([runner.state, stage.supplier.brains[0]?.interrupts]).toEqual(['idle', 0]);
  });

  it('while the process starts is kept for the turn', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    const stopped = runner.interrupt(stopBy('interrupt'));
    held.open();
    await stopped;
    expect(stage.stored(task)).toMatchObject({ status: 'interrupted', attempt: 1 });
    expect(runner.state).toBe('idle');
  });

  it('by a brain itself is told as such', async () => {
    stage.clone();
    stage.supplier.script = (brain) => brain.finish({ status: 'interrupted', text: '' });
    expect(await stage.end(stage.give('a'))).toMatchObject({
      status: 'interrupted',
      error: { kind: 'taskInterrupted', message: expect.stringContaining('the brain ended its turn') },
    });
  });
});

describe('a task that is cancelled while its process starts', () => {
  const cancel = async (during: () => void): Promise<void> => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const [first, second] = [stage.give('a'), stage.give('b')];
    await stage.status(runner, 'starting');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(first), { step: 'cancel' }));
    during();
    held.open();
    expect((await stage.end(second)).status).toBe('done');
    expect(stage.supplier.said).toEqual(['b']);
    expect(stage.stored(first)).toMatchObject({ status: 'cancelled', attempt: 0 });
  };

  it('never runs, and the process serves the next', async () => {
    await cancel(() => {});
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('never runs where the process fails to start either', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    stage.supplier.refusal = fail('brainMissing', { brain: 'fake', program: 'fake', install: 'no way' });
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    held.open();
    await stage.status(runner, 'off');
    expect(stage.stored(task).status).toBe('cancelled');
  });

  it('leaves no clone at rest without a process', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    const started = stage.supplier.brain(0);
    held.open();
    void started.then((brain) => brain.die());
    await stage.status(runner, 'off');
    expect(runner.hasProcess).toBe(false);
  });
});

describe('the longest run of a task', () => {
  it.each([
    ['its own', { timeoutMs: 1000 }, {}],
    ["its clone's", {}, { taskTimeoutMs: 1000 }],
    ['its own before that of its clone', { timeoutMs: 1000 }, { taskTimeoutMs: 1 }],
  ])('ends it as failed: %s', async (_, work, limits) => {
    fakeTime();
    stage.clone({ limits });
    stage.supplier.script = busy;
    const task = stage.give('a', work);
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    await vi.advanceTimersByTimeAsync(999);
    expect(brain.interrupts).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'taskTimeout' } });
    stage.supplier.script = echo;
    expect((await stage.end(stage.give('b'))).status).toBe('done');
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('counts waiting for approvals, and withdraws them', async () => {
    fakeTime();
    stage.clone();
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1'));
    const task = stage.give('a', { timeoutMs: 1000 });
    await stage.state.event('approval.requested');
    await vi.advanceTimersByTimeAsync(1000);
    expect((await stage.end(task)).status).toBe('failed');
    expect(stage.state.of('approval.resolved')).toMatchObject([{ value: { status: 'withdrawn' } }]);
  });

  it('does not reach beyond its end', async () => {
    fakeTime();
    stage.clone();
    await stage.end(stage.give('a', { timeoutMs: 1000 }));
    stage.supplier.script = busy;
    stage.give('b');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(brain.interrupts).toBe(0);
  });
});

describe('what a brain asks', () => {
  it('makes clone and task wait, until the last of it is answered', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => {
      brain.ask(toolRequest('r1'));
      brain.ask(questionRequest('q1', 'Which?'));
    };
    const task = stage.give('a');
    await stage.status(runner, 'waiting');
    const brain = await stage.supplier.brain(0);
    const [one, two] = stage.state.of('approval.requested').map(({ approval }) => approval);
    expect(stage.stored(task).status).toBe('waiting');
    stage.desk.respond(one ?? '', { decision: 'allow' });
    expect([runner.state, stage.stored(task).status]).toEqual(['waiting', 'waiting']);
    stage.desk.respond(two ?? '', { decision: 'allow', answers: { 'Which?': 'blue' } });
    expect([runner.state, stage.stored(task).status]).toEqual(['working', 'running']);
    brain.finish({ status: 'done', text: '' });
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(brain.answers.map(({ request }) => request)).toEqual(['r1', 'q1']);
  });

  it('is denied by its deadline', async () => {
    fakeTime();
    stage.clone({ limits: { approvalTimeoutMs: 1000 } });
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1'));
    stage.give('a');
    await stage.state.event('approval.requested');
    const brain = await stage.supplier.brain(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(brain.answers).toMatchObject([{ request: 'r1', answer: { decision: 'deny' } }]);
  });

  it('is granted for life by allowAlways, over a change of its process', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1', ['Edit(./**)', 'Read']));
    const task = stage.give('a');
    await stage.status(runner, 'waiting');
    stage.desk.respond(stage.state.of('approval.requested')[0]?.approval ?? '', { decision: 'allowAlways' });
    (await stage.supplier.brain(0)).finish({ status: 'done', text: '' });
    await stage.end(task);
    stage.supplier.script = echo;
    await stage.end(stage.give('b'));
    // A grant alone is no reason for another process: the one there is knows of it.
    expect(stage.supplier.brains).toHaveLength(1);
    runner.update({ model: 'big' });
    await stage.end(stage.give('c'));
    expect(stage.supplier.brains[1]?.spec.grants).toEqual(['Edit(./**)', 'Read']);
    expect(stage.state.store.clones.all()[0]?.grants).toEqual(['Edit(./**)', 'Read']);
  });

  it('is taken back with the process that asked', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1'));
    const task = stage.give('a');
    await stage.status(runner, 'waiting');
    stage.supplier.brains[0]?.die();
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    expect(stage.state.of('approval.resolved')).toMatchObject([{ value: { status: 'withdrawn' } }]);
  });

  it('is taken back where the brain no longer waits, and the clone works on', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1'));
    const task = stage.give('a');
    await stage.status(runner, 'waiting');
    const brain = await stage.supplier.brain(0);
    brain.emit({ type: 'approval.withdrawn', request: 'r1' });
    expect(runner.state).toBe('working');
    brain.finish({ status: 'done', text: '' });
    expect((await stage.end(task)).status).toBe('done');
  });

  it('is denied where it cannot be written down', async () => {
    stage.clone();
    const held = stage.gate();
    stage.supplier.script = (brain) => {
      const works = stage.state.refuse();
      brain.ask(toolRequest('r1'));
      works();
      held.open();
    };
    stage.give('a');
    await held.promise;
    expect(stage.supplier.brains[0]?.answers).toMatchObject([
      { request: 'r1', answer: { decision: 'deny' } },
    ]);
  });
});

describe('a clone that misses a variable', () => {
  it('refuses work and says which, goes on when a client brings it', async () => {
    const runner = stage.clone({ secrets: ['API_KEY'] });
    expect(() => stage.give('a')).toThrow(
      expect.objectContaining({
        kind: 'environmentMissing',
        details: {
          clone: 'mechanic.1',
          names: ['API_KEY'],
          command: 'khlone update mechanic.1 --env API_KEY',
        },
      }) as Error,
    );
    expect(runner.view().missing).toEqual(['API_KEY']);
    const task = stage.give('a', { env: { API_KEY: 'k' } });
    expect((await stage.end(task)).status).toBe('done');
    expect(stage.supplier.brains[0]?.spec.env).toMatchObject({ API_KEY: 'k' });
  });

  it('leaves what is queued until a client brings it', async () => {
    const held = stage.gate();
    stage.vault.put('mechanic.1', { API_KEY: 'k' });
    const runner = stage.clone({ secrets: ['API_KEY'] }, held.promise);
    const task = stage.give('a');
    stage.vault.forget('mechanic.1');
    held.open();
    await settle();
    expect([runner.state, stage.stored(task).status]).toEqual(['off', 'queued']);
    runner.supply({}, { API_KEY: 'k' });
    expect((await stage.end(task)).status).toBe('done');
  });
});
