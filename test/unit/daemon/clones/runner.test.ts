import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, stopBy } from '../../../support/cloneStage.js';
import { busy, died, echo, questionRequest, toolRequest } from '../../../support/fakeBrain.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await turn();
};
const fakeTime = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
};
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
    ['limits', { limits: { maxQueued: 3 } }],
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
    expect((await stage.end(stage.give('b'))).status).toBe('done');
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

describe('a process that dies', () => {
  it('fails its task and keeps the conversation', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    brain.die();
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    expect(runner.state).toBe('off');
    stage.supplier.script = echo;
    const next = stage.give('b');
    await settle();
    // A pause first, and nobody else would be sent to it meanwhile.
    expect([stage.supplier.brains.length, runner.free]).toEqual([1, false]);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await stage.end(next)).status).toBe('done');
    expect(stage.supplier.brains[1]?.spec).toMatchObject({
      conversation: brain.spec.conversation,
      begun: true,
    });
  });

  it('parks its clone at the fifth time; an interrupt lets it try again', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.die();
    const tasks = Array.from({ length: 6 }, (_, i) => stage.give(String(i)));
    for (const task of tasks.slice(0, 5)) {
      const ended = stage.end(task);
      await vi.advanceTimersByTimeAsync(60_000);
      expect((await ended).status).toBe('failed');
    }
    expect(runner.view()).toMatchObject({ status: 'failed', error: { kind: 'cloneFailed' } });
    const message = runner.view().error?.message;
    expect(message).toContain('5 times');
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(stage.stored(tasks[5] ?? { id: '' }).status).toBe('queued');
    // What a caller is told is what the clone shows, and is not wrapped into itself.
    expect(() => stage.give('more')).toThrow(
      expect.objectContaining({ kind: 'cloneFailed', message }) as Error,
    );

    stage.supplier.script = echo;
    await runner.interrupt(stopBy('interrupt'));
    expect((await stage.end(tasks[5] ?? { id: '' })).status).toBe('done');
    expect(runner.view()).not.toHaveProperty('error');
    expect(stage.state.store.clones.all()[0]?.failure).toBeUndefined();
  });

  it('is no failure of the clone where khlone asked for the end', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => (brain.deaf = true);
    for (let i = 0; i < 6; i++) {
      const task = stage.give('a');
      const brain = await stage.supplier.brain(i);
      await brain.until(() => brain.said.length === 1);
      const stopped = runner.interrupt(stopBy('interrupt'));
      brain.die();
      await stopped;
      expect(stage.stored(task).status).toBe('interrupted');
    }
    expect(runner.state).toBe('off');
  });

  it('is no failure of the clone where the task failed and the process lives', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) =>
      brain.finish({ status: 'failed', error: fail('brainError', { reason: 'overloaded' }), text: '' });
    for (let i = 0; i < 6; i++) {
      expect(await stage.end(stage.give('a'))).toMatchObject({ error: { kind: 'brainError' } });
    }
    expect([runner.state, stage.supplier.brains.length]).toEqual(['idle', 1]);
  });

  it('tells no secret with its last words', async () => {
    fakeTime();
    stage.vault.put('mechanic.1', { API_KEY: 's3cr3t-value' });
    const runner = stage.clone({ secrets: ['API_KEY'] });
    stage.supplier.script = (brain) => {
      const error = fail('brainDied', { ending: 'no use for s3cr3t-value', stderr: '' });
      brain.finish({ status: 'failed', error, text: 'I have s3cr3t-value' });
      brain.die();
    };
    for (let i = 0; i < 5; i++) {
      const ended = stage.end(stage.give('a'));
      await vi.advanceTimersByTimeAsync(60_000);
      expect((await ended).error?.message).toContain('[API_KEY]');
    }
    expect(runner.view().error?.message).toContain('[API_KEY]');
    expect(JSON.stringify([stage.state.published, stage.state.store.clones.all()])).not.toContain('s3cr3t');
  });
});

describe('a process that cannot be started', () => {
  it('fails the task, and counts towards parking', async () => {
    fakeTime();
    stage.vault.put('mechanic.1', { API_KEY: 's3cr3t-value' });
    const runner = stage.clone({ secrets: ['API_KEY'] });
    stage.supplier.refusal = new Error('no such file s3cr3t-value');
    for (let i = 0; i < 5; i++) {
      const ended = stage.end(stage.give('a'));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await ended).toMatchObject({ status: 'failed', attempt: 0, error: { kind: 'brainError' } });
    }
    expect(runner.state).toBe('failed');
    expect(JSON.stringify([stage.state.published, stage.state.store.clones.all()])).not.toContain('s3cr3t');
  });
});

describe('a clone that is retired', () => {
  const stop = stopBy('cancel');

  it('at rest ends its process and takes nothing any more', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await runner.retire(stop);
    expect([runner.state, stage.supplier.brains[0]?.isAlive()]).toEqual(['retired', false]);
    expect(stage.state.of('clone.retired')).toMatchObject([
      { value: { status: 'retired', posture: 'off', queued: 0, retiredAt: expect.any(String) } },
    ]);
    expect(() => stage.give('b', { who: 'mechanic.1' })).toThrow(
      expect.objectContaining({ kind: 'cloneRetired' }) as Error,
    );
    expect(stage.state.store.clones.all()[0]?.retiredAt).toBeDefined();
  });

  it('at work cancels what runs and what waits', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const tasks = [stage.give('a'), stage.give('b')];
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    await runner.retire(stop);
    expect(tasks.map((task) => stage.stored(task).status)).toEqual(['cancelled', 'cancelled']);
    expect([brain.isAlive(), stage.queue.length('mechanic.1')]).toEqual([false, 0]);
  });

  it('while it starts', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    const retired = runner.retire(stop);
    held.open();
    await retired;
    expect(stage.stored(task)).toMatchObject({ status: 'cancelled', attempt: 0 });
    expect([stage.supplier.said, stage.supplier.brains[0]?.isAlive()]).toEqual([[], false]);
  });

  it('while it waits for an approval', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.ask(toolRequest('r1'));
    const task = stage.give('a');
    await stage.status(runner, 'waiting');
    await runner.retire(stop);
    expect(stage.stored(task).status).toBe('cancelled');
    expect(stage.state.store.approvals.pendingCount()).toBe(0);
  });

  it('while it is parked', async () => {
    const runner = stage.clone({ failure: { failures: 5, reason: 'r' } });
    expect(runner.state).toBe('failed');
    await runner.retire(stop);
    expect(runner.state).toBe('retired');
  });

  it('twice at once is retired once', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await Promise.all([runner.retire(stop), runner.retire(stop)]);
    expect(stage.state.of('clone.retired')).toHaveLength(1);
  });

  it('where the disk refuses goes on serving', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    const works = stage.state.refuse();
    await expect(runner.retire(stop)).rejects.toThrow(
      expect.objectContaining({ kind: 'storageFailed' }) as Error,
    );
    works();
    expect((await stage.end(stage.give('b'))).status).toBe('done');
    await runner.retire(stop);
    expect(runner.state).toBe('retired');
  });
});

describe('a disk that refuses', () => {
  it('delays the start of a task and loses nothing', async () => {
    fakeTime();
    const held = stage.gate();
    const runner = stage.clone({}, held.promise);
    const task = stage.give('a');
    const works = stage.state.refuse();
    held.open();
    await settle();
    await vi.advanceTimersByTimeAsync(5000);
    expect([runner.state, stage.supplier.said]).toEqual(['off', []]);
    works();
    const ended = stage.end(task);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('delays the end of a task, is asked again until it takes it, and nothing is counted twice', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const works = stage.state.refuse();
    brain.finish(died(), [{ model: 'big', ...used }]);
    brain.die();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stage.stored(task).status).toBe('running');
    works();
    const ended = stage.end(task);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toMatchObject({ status: 'failed', usage: used });
    // Ten refusals of one end are one failure.
    expect([runner.state, runner.view().usage]).toEqual(['off', used]);
  });

  it('under a change of the clone changes nothing', () => {
    const runner = stage.clone();
    const works = stage.state.refuse();
    expect(() => runner.update({ model: 'big' })).toThrow(
      expect.objectContaining({ kind: 'storageFailed' }) as Error,
    );
    works();
    expect(runner.view()).not.toHaveProperty('model');
  });

  it('under a retirement is asked again for the task that runs', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = stage.give('a');
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const works = stage.state.refuse();
    const retired = runner.retire(stopBy('cancel'));
    await vi.advanceTimersByTimeAsync(3000);
    works();
    await vi.advanceTimersByTimeAsync(1000);
    await retired;
    expect([stage.stored(task).status, runner.state]).toEqual(['cancelled', 'retired']);
  });
});

describe('the end of the daemon', () => {
  it.each([
    ['park', 0, 'interrupted'],
    ['resume', 0, 'queued'],
    ['resume', 2, 'parked'],
  ] as const)(
    'with the policy %s after %i attempts leaves a running task %s',
    async (recovery, attempt, status) => {
      const runner = stage.clone({ limits: { recovery } });
      stage.supplier.script = busy;
      const task = stage.give('a');
      stage.state.store.tasks.update({ ...stage.stored(task), attempt }, 1);
      const brain = await stage.supplier.brain(0);
      await brain.until(() => brain.said.length === 1);
      await runner.close(false);
      expect(stage.stored(task)).toMatchObject({
        status,
        attempt: attempt + 1,
        resumed: status === 'queued',
      });
      expect(brain.isAlive()).toBe(false);
    },
  );

  it('lets a turn come to its end where it is drained', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const [first, second] = [stage.give('a'), stage.give('b')];
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const closed = runner.close(true);
    await settle();
    expect(brain.isAlive()).toBe(true);
    brain.finish({ status: 'done', text: '' });
    await closed;
    expect([stage.stored(first).status, stage.stored(second).status]).toEqual(['done', 'queued']);
    expect(brain.isAlive()).toBe(false);
  });

  it('leaves what has not begun to the next daemon', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    const closed = runner.close(false);
    held.open();
    await closed;
    expect(stage.stored(task)).toMatchObject({ status: 'queued', attempt: 0 });
    expect([runner.state, stage.supplier.brains[0]?.isAlive()]).toEqual(['off', false]);
  });

  it('is told to the brain that goes on with the task', async () => {
    const held = stage.gate();
    stage.clone({ limits: { recovery: 'resume' } }, held.promise);
    const task = stage.give('paint the door');
    stage.state.store.tasks.update({ ...stage.stored(task), resumed: true, attempt: 1 }, 1);
    held.open();
    await stage.end(task);
    expect(stage.supplier.said).toHaveLength(1);
    expect(stage.supplier.said[0]).toMatch(/^Your process ended in the middle .*\n\npaint the door$/s);
  });
});

describe('a clone that misses a variable', () => {
  it('refuses work and says which, goes on when a client brings it', async () => {
    const runner = stage.clone({ secrets: ['API_KEY'] });
    expect(() => stage.give('a')).toThrow(
      expect.objectContaining({
        kind: 'environmentMissing',
        details: { clone: 'mechanic.1', names: ['API_KEY'] },
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
