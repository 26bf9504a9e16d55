import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskQueue } from '../../../../daemon/clones/queue.js';
import { recover } from '../../../../daemon/clones/recovery.js';
import type { CloneRecord } from '../../../../daemon/store/cloneTable.js';
import type { TaskRecord } from '../../../../daemon/store/taskTable.js';
import type { Approval } from '../../../../protocol/shapes/approval.js';
import { cloneRecord, taskRecord, ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
beforeEach(() => {
  state = new ZoneState();
});
afterEach(() => state[Symbol.dispose]());

/** A task of a clone as a killed daemon left it, after the next one has set it right. */
function afterKill(clone: Partial<CloneRecord>, task: Partial<TaskRecord>): TaskRecord | undefined {
  state.store.clones.insert(cloneRecord(clone));
  const { id } = state.store.tasks.insert(taskRecord({ epoch: 1, ...task }));
  next();
  return state.store.tasks.get(id);
}

function next(): void {
  state.reopen();
  const { store, log } = state;
  recover({ store, log, queue: new TaskQueue(store), version: '9' });
}

describe('the next daemon', () => {
  it.each([
    ['running', 1, {}, { status: 'interrupted', error: { kind: 'taskInterrupted' }, resumed: false }],
    ['waiting', 1, { recovery: 'park' }, { status: 'interrupted' }],
    ['running', 1, { recovery: 'resume' }, { status: 'queued', resumed: true, attempt: 1 }],
    ['waiting', 2, { recovery: 'resume' }, { status: 'queued', resumed: true }],
    ['running', 3, { recovery: 'resume' }, { status: 'parked', error: { kind: 'taskInterrupted' } }],
    ['queued', 0, {}, { status: 'queued', resumed: false, attempt: 0 }],
    ['done', 1, {}, { status: 'done', epoch: 1 }],
  ] as const)('finds a task %s after %i attempts under %j', (...[status, attempt, limits, left]) => {
    expect(afterKill({ limits }, { status, attempt })).toMatchObject(left);
  });

  it('opens an epoch, and tells what became of what ran', () => {
    afterKill({}, { status: 'running', attempt: 1 });
    expect(state.published).toMatchObject([
      { type: 'zone.opened', version: '9', cursor: { epoch: 2, seq: 1 } },
      { type: 'task.finished', value: { status: 'interrupted' } },
    ]);
  });

  it('takes back what nobody waits for any more', () => {
    state.store.clones.insert(cloneRecord());
    const task = state.store.tasks.insert(taskRecord({ status: 'waiting', epoch: 1, attempt: 1 }));
    const approval: Approval = {
      id: 'a_1',
      clone: 'mechanic.1',
      task: task.id,
      kind: 'tool',
      title: 't',
      status: 'pending',
      requestedAt: task.queuedAt,
      deadlineAt: task.queuedAt,
    };
    state.store.approvals.insert(approval, 'r_1');
    next();
    expect(state.store.approvals.get('a_1')).toMatchObject({
      status: 'withdrawn',
      resolvedAt: expect.any(String),
    });
    expect(state.published.map(({ type }) => type)).toEqual([
      'zone.opened',
      'approval.resolved',
      'task.finished',
    ]);
  });

  it('counts what waits', () => {
    afterKill({ limits: { recovery: 'resume' } }, { status: 'running', attempt: 1 });
    state.store.tasks.insert(taskRecord());
    expect(new TaskQueue(state.store).length('mechanic.1')).toBe(2);
  });

  it('is not written to by the one before', () => {
    const task = afterKill({}, { status: 'running', attempt: 1 });
    if (!task) throw new Error('lost');
    expect(() => state.store.tasks.update({ ...task, status: 'done' }, 1)).toThrow(/epoch 1/);
  });
});
