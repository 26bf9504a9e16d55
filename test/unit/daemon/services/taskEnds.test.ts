import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TaskEnds } from '../../../../daemon/services/taskEnds.js';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage } from '../../../support/cloneStage.js';
import { busy } from '../../../support/fakeBrain.js';

let stage: CloneStage;
let ends: TaskEnds;
let abort: AbortController;
beforeEach(() => {
  stage = new CloneStage();
  stage.clone();
  stage.supplier.script = busy;
  ends = new TaskEnds(stage.state.log);
  abort = new AbortController();
});
afterEach(async () => {
  vi.useRealTimers();
  ends.dispose();
  await stage.close();
  stage[Symbol.dispose]();
});

describe('TaskEnds', () => {
  it('tells all who wait for a task, and nobody else', async () => {
    const [first, second] = [stage.give('a'), stage.give('b')];
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    const { signal } = abort;
    const others = ends.wait(second.id, { signal });
    let tooEarly = false;
    void others.then(() => (tooEarly = true));
    const both = [ends.wait(first.id, { signal }), ends.wait(first.id, { signal })];
    brain.finish({ status: 'done', text: '' });
    await Promise.all(both);
    expect([stage.stored(first).status, tooEarly]).toEqual(['done', false]);
    await brain.until(() => brain.said.length === 2);
    brain.finish({ status: 'done', text: '' });
    await others;
  });

  it('gives up after its time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = ends.wait('t_1', { signal: abort.signal, timeoutMs: 1000 });
    const failed = waiting.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await failed).toMatchObject({ kind: 'waitTimeout', details: { task: 't_1', timeoutMs: 1000 } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up when it is told to, also before it begins', async () => {
    const reason = fail('cancelled', {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = ends.wait('t_1', { signal: abort.signal, timeoutMs: 1000 });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    await expect(ends.wait('t_1', { signal: abort.signal })).rejects.toBe(reason);
  });
});
