import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CloneRunner } from '../../../../daemon/clones/runner.js';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, settle, stopBy } from '../../../support/cloneStage.js';
import { busy, died, echo, toolRequest } from '../../../support/fakeBrain.js';

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
const used = { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4, costUsd: 0.25 };

describe('what a brain says of its failure', () => {
  it('is kept as far as anybody reads it, so that the task fits an answer', async () => {
    stage.clone();
    stage.supplier.script = (brain) => {
      brain.emit({ type: 'turn.accepted' });
      const error = fail('brainError', { reason: 'x'.repeat(9_000_000) });
      brain.finish({ status: 'failed', error, text: '' });
    };
    const { error } = await stage.end(stage.give('a'));
    expect(error).toMatchObject({
      kind: 'brainError',
      message: expect.stringMatching(/^The brain reported an error: x+$/) as string,
    });
    expect(error?.message).toHaveLength(8192);
  });

  it('parks its clone with as much of it', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.refusal = fail('brainError', { reason: 'x'.repeat(9_000_000) });
    for (let time = 0; time < 5; time++) {
      const task = stage.give('a');
      await vi.advanceTimersByTimeAsync(60_000);
      await stage.end(task);
    }
    expect(runner.state).toBe('failed');
    expect(runner.view().error?.message.length).toBeLessThan(9000);
  });
});

describe('the title of a tool', () => {
  it('holds no part of a secret, wherever it is cut', async () => {
    stage.vault.put('mechanic.1', { A_KEY: 's3cr3t-value-of-the-clone' });
    stage.clone({ secrets: ['A_KEY'] });
    stage.supplier.script = (brain) => {
      brain.emit({ type: 'turn.accepted' });
      const title = `Bash: ${'x'.repeat(150)} s3cr3t-value-of-the-clone`;
      brain.emit({ type: 'tool.started', tool: 't', name: 'Bash', title, input: {} });
      brain.finish({ status: 'done', text: '' });
    };
    await stage.end(stage.give('a'));
    expect(stage.state.of('tool.started')).toMatchObject([{ title: `Bash: ${'x'.repeat(150)} [A…` }]);
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

describe('a restart', () => {
  const restart = (runner: CloneRunner): Promise<void> => {
    runner.forgive();
    return runner.hibernate({ now: true, why: 'restarted' });
  };

  it('ends the turn and the process, and goes on with what is queued at once', async () => {
    const { runner, brain, task } = await stage.working();
    const next = stage.give('b');
    await restart(runner);
    expect(brain.isAlive()).toBe(false);
    expect(stage.stored(task).status).toBe('interrupted');
    expect((await stage.end(next)).status).toBe('done');
    expect(stage.supplier.brains).toHaveLength(2);
  });

  it('forgives what failed: nothing is delayed any more, which was to be seen before', async () => {
    fakeTime();
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.die();
    const ended = stage.end(stage.give('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect((await ended).status).toBe('failed');
    expect(runner.view().backoff).toMatchObject({ failures: 1 });
    expect(Date.parse(runner.view().backoff?.nextAt ?? '')).toBeGreaterThan(Date.now());
    stage.supplier.script = echo;
    const next = stage.give('b');
    await settle();
    expect(stage.stored(next).status).toBe('queued');
    const done = stage.end(next);
    await restart(runner);
    // No time has passed.
    expect((await done).status).toBe('done');
    expect(runner.view()).not.toHaveProperty('backoff');
  });

  it('lets a parked clone try again', async () => {
    const runner = stage.clone({ failure: { failures: 5, reason: 'r' } });
    await restart(runner);
    expect(runner.state).toBe('off');
    expect((await stage.end(stage.give('a'))).status).toBe('done');
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

  it('the end of a process at rest is asked again until it takes it', async () => {
    fakeTime();
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    const works = stage.state.refuse();
    stage.supplier.brains[0]?.die();
    await settle();
    expect(runner.state).toBe('idle');
    works();
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(runner.state).toBe('off');
  });

  it('a start that was for nothing is asked again until it takes it', async () => {
    fakeTime();
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const task = stage.give('a');
    await stage.status(runner, 'starting');
    stage.state.log.commit((tx) => stage.queue.end(tx, stage.stored(task), { step: 'cancel' }));
    const works = stage.state.refuse();
    held.open();
    await settle();
    expect(runner.state).toBe('starting');
    works();
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(runner.state).toBe('idle');
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

  it('is not told to a program that would take it for input', async () => {
    const held = stage.gate();
    stage.supplier.sharesTerminal = true;
    stage.clone({ limits: { recovery: 'resume' } }, held.promise);
    const task = stage.give('make paint');
    stage.state.store.tasks.update({ ...stage.stored(task), resumed: true, attempt: 1 }, 1);
    held.open();
    await stage.end(task);
    expect(stage.supplier.said).toEqual(['make paint']);
  });
});
