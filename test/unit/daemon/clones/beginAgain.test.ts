import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CloneRunner } from '../../../../daemon/clones/runner.js';
import type { TaskRecord } from '../../../../daemon/store/taskTable.js';
import { CloneStage, settle, stopBy } from '../../../support/cloneStage.js';
import { cloneRecord, taskRecord } from '../../../support/zoneState.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});

/** A task that an earlier daemon began and whose brain was told nothing of it, in the hands of its clone. */
function begun(ready: Promise<void> = Promise.resolve()): { runner: CloneRunner; task: TaskRecord } {
  const { store } = stage.state;
  const record = cloneRecord();
  store.clones.insert(record);
  const task = store.tasks.insert(taskRecord({ status: 'running', epoch: 1, attempt: 1 }));
  store.turns.begin(task.id, record.name);
  const runner = stage.again(record, ready);
  const [turn] = store.turns.all();
  expect(turn && runner.beginAgain(task, turn)).toBe(true);
  return { runner, task };
}

describe('a task that an earlier daemon began, and whose brain was told nothing of it', () => {
  it('is done by a process that is started for it', async () => {
    const { task } = begun();
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('ends at once where it is cancelled before its process is started', async () => {
    const ready = stage.gate();
    const { runner, task } = begun(ready.promise);
    await runner.stopTask(task.id, stopBy('cancel'));
    expect(stage.stored(task).status).toBe('cancelled');
    // What is asked for twice must not reach the next one.
    await runner.interrupt(stopBy('interrupt'));
    ready.open();
    expect((await stage.end(stage.give('next'))).status).toBe('done');
    expect(stage.supplier.said).toEqual(['next']);
    expect(stage.state.store.turns.all()).toEqual([]);
  });

  it('ends with its clone, which is retired before that', async () => {
    const ready = stage.gate();
    const { runner, task } = begun(ready.promise);
    const retired = runner.retire(stopBy('cancel'));
    ready.open();
    await retired;
    expect(stage.stored(task).status).toBe('cancelled');
    expect(stage.supplier.brains).toEqual([]);
  });

  it('ends with its clone, which is retired while the process starts', async () => {
    const starting = stage.gate();
    stage.supplier.gate = starting.promise;
    const { runner, task } = begun();
    await stage.status(runner, 'starting');
    const retired = runner.retire(stopBy('cancel'));
    starting.open();
    await retired;
    expect(stage.stored(task).status).toBe('cancelled');
    expect(stage.supplier.said).toEqual([]);
  });

  it('is tried again where the disk refuses its start', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const ready = stage.gate();
    const { runner, task } = begun(ready.promise);
    const works = stage.state.refuse();
    ready.open();
    await settle();
    expect(stage.supplier.brains).toEqual([]);
    works();
    const ended = stage.end(task);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await ended).status).toBe('done');
    expect(runner.view().task).toBeUndefined();
  });
});
