import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Housekeeper, type HousekeeperParts } from '../../../../daemon/store/housekeeper.js';
import { defaultRetention, retentionOf } from '../../../../daemon/store/retention.js';
import type { TaskRecord } from '../../../../daemon/store/taskTable.js';
import type { Approval } from '../../../../protocol/shapes/approval.js';
import { cloneRecord, taskRecord, ZoneState } from '../../../support/zoneState.js';

const day = 24 * 60 * 60 * 1000;
const at = Date.parse('2026-11-21T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();

let state: ZoneState;
let housekeeper: Housekeeper;
beforeEach(() => {
  state = new ZoneState();
  state.store.transact(() => {
    for (const number of [1, 2])
      state.store.clones.insert(cloneRecord({ name: `mechanic.${number}`, number }));
  });
  housekeeper = keeper();
});
afterEach(() => {
  housekeeper.dispose();
  state[Symbol.dispose]();
});

function keeper(parts: Partial<HousekeeperParts> = {}): Housekeeper {
  return new Housekeeper({ store: state.store, retention: defaultRetention, ...parts });
}

/** A task that ended so many days ago, with an approval and usage. */
function ended(id: string, days: number, change: Partial<TaskRecord> = {}): void {
  const { store } = state;
  const finishedAt = iso(at - days * day);
  store.tasks.insert(taskRecord({ id, status: 'done', finishedAt, ...change }));
  const clone = change.clone ?? 'mechanic.1';
  const approval = { id: `a_${id}`, clone, task: id, status: 'allowed' } as Approval;
  store.approvals.insert(approval, 'r_1');
  for (const model of ['m1', 'm2'])
    store.usage.insert({
      clone,
      task: id,
      model,
      at: finishedAt,
      inputTokens: 100,
      outputTokens: 10,
      cacheWriteTokens: 1,
      cacheReadTokens: 2,
      costUsd: 0.1,
    });
}

/** Everything that `usage/get` adds up, but for the tasks one by one. */
function usage(): unknown {
  const { usage: table } = state.store;
  const round = <T extends { costUsd: number }>(sum: T): T => ({
    ...sum,
    costUsd: Number(sum.costUsd.toFixed(9)),
  });
  const sorted = (group: 'clone' | 'model', filter: object): unknown =>
    table
      .by(group, filter, 1000)
      .map((sum) => JSON.stringify(round(sum)))
      .sort();
  const filters = [{}, { clones: ['mechanic.2'] }, { since: iso(at - 40 * day).slice(0, 10) }];
  return filters.map((filter) => ({
    total: round(table.total(filter)),
    byClone: sorted('clone', filter),
    byModel: sorted('model', filter),
  }));
}

describe('what has ended', () => {
  it('is forgotten after its time, with all of it, and its usage stays in every sum', async () => {
    const { store } = state;
    store.transact(() => {
      for (let task = 0; task < 250; task++) {
        ended(`t_old${task}`, 31 + (task % 20), { clone: `mechanic.${1 + (task % 2)}` });
      }
      ended('t_young', 29);
      // Which should not be, and would keep all of them.
      store.turns.begin('t_old7', 'mechanic.2');
      for (const status of ['failed', 'cancelled', 'interrupted', 'parked'] as const)
        ended(`t_${status}`, 31, { status });
    });
    const before = usage();
    expect(await housekeeper.sweep(at)).toEqual({ tasks: 254, keys: 0 });
    expect(store.tasks.list({ limit: 1000 }).map(({ id }) => id)).toEqual(['t_young']);
    expect(store.approvals.list({ status: ['allowed'], limit: 1000 }).map(({ id }) => id)).toEqual([
      'a_t_young',
    ]);
    expect(store.turns.all()).toEqual([]);
    expect(usage()).toEqual(before);
    expect(store.usage.by('task, clone', {}, 1000).map(({ task }) => task)).toEqual(['t_young']);
    expect(store.usage.total({ task: 't_young' })).toMatchObject({ inputTokens: 200 });
    // And again, on top of the sums there are.
    expect(await housekeeper.sweep(at + 2 * day)).toEqual({ tasks: 1, keys: 0 });
    expect(usage()).toEqual(before);
    state.reopen();
    expect(usage()).toEqual(before);
    expect(state.store.tasks.counts()).toEqual({});
  });

  it('is all that is forgotten: what waits or runs stays, however old it is', async () => {
    const { store } = state;
    store.transact(() => {
      for (const status of ['queued', 'running', 'waiting'] as const)
        store.tasks.insert(taskRecord({ id: `t_${status}`, status, queuedAt: iso(at - 400 * day) }));
    });
    expect(await housekeeper.sweep(at)).toEqual({ tasks: 0, keys: 0 });
    expect(store.tasks.counts()).toEqual({ queued: 1, running: 1, waiting: 1 });
  });

  it('is kept up to a number, the newest, but never forgotten while a client may repeat its call', async () => {
    const { store } = state;
    store.transact(() => {
      for (let days = 1; days <= 20; days++) ended(`t_${days}`, days);
    });
    housekeeper.dispose();
    housekeeper = keeper({ retention: { ...defaultRetention, tasks: 12 } });
    expect(await housekeeper.sweep(at)).toEqual({ tasks: 8, keys: 0 });
    expect(store.tasks.get('t_12')).toBeDefined();
    expect(store.tasks.get('t_13')).toBeUndefined();
    housekeeper.dispose();
    housekeeper = keeper({ retention: { ...defaultRetention, tasks: 1 } });
    await housekeeper.sweep(at);
    expect(store.tasks.list({ limit: 10 }).map(({ id }) => id)).toEqual(['t_3', 't_2', 't_1']);
  });

  it('is forgotten a little at a time, and not at all once the daemon ends', async () => {
    const { store } = state;
    store.transact(() => {
      for (let task = 0; task < 301; task++) ended(`t_${task}`, 31);
    });
    let largest = 0;
    const drop = store.retention.dropTasks.bind(store.retention);
    store.retention.dropTasks = (before, most) => {
      const dropped = drop(before, most);
      largest = Math.max(largest, dropped);
      if (store.retention.endedTasks() <= 101) housekeeper.dispose();
      return dropped;
    };
    await housekeeper.sweep(at);
    expect(largest).toBe(100);
    expect(store.retention.endedTasks()).toBe(101);
  });
});

describe('a key', () => {
  it('is kept for three days, and its task as long; a repeated call then makes it anew', async () => {
    const { store } = state;
    const now = Date.now();
    store.transact(() => {
      store.idempotency.record('k', { say: 'x' }, 't_1');
      store.tasks.insert(taskRecord({ id: 't_1', status: 'done', finishedAt: iso(now) }));
    });
    housekeeper.dispose();
    housekeeper = keeper({ retention: { ...defaultRetention, tasksMs: 0, tasks: 1 } });
    expect(await housekeeper.sweep(now + 3 * day - 1000)).toEqual({ tasks: 0, keys: 0 });
    expect(store.idempotency.find('k', { say: 'x' })).toBe('t_1');
    expect(await housekeeper.sweep(now + 3 * day + 1000)).toEqual({ tasks: 1, keys: 1 });
    expect(store.idempotency.find('k', { say: 'y' })).toBeUndefined();
  });

  it('that outlived its task is given anew', () => {
    const { store } = state;
    store.transact(() => store.idempotency.record('k', 1, 't_gone'));
    store.transact(() => store.idempotency.record('k', 1, 't_new'));
    expect(store.idempotency.find('k', 1)).toBe('t_new');
  });
});

describe('the counts of tasks', () => {
  it('are those of a look at every task', () => {
    const { store } = state;
    const statuses = ['queued', 'running', 'waiting', 'done', 'failed', 'parked'] as const;
    store.transact(() => {
      for (let task = 0; task < 60; task++) {
        const record = store.tasks.insert(taskRecord({ id: `t_${task}` }));
        const status = statuses[task % 6] ?? 'queued';
        const finishedAt = task % 6 > 2 ? iso(at) : undefined;
        store.tasks.update({ ...record, status, finishedAt }, 1);
        if (task % 5 === 0) store.tasks.update({ ...record, status: 'queued' }, 1);
      }
      store.retention.dropTasks(at + 1, 7);
    });
    const counted: Record<string, number> = {};
    for (const { status } of store.tasks.list({ limit: 1000 })) counted[status] = (counted[status] ?? 0) + 1;
    expect(store.tasks.counts()).toEqual(counted);
    expect(() =>
      store.transact(() => {
        store.tasks.insert(taskRecord());
        throw new Error('undone');
      }),
    ).toThrow('undone');
    expect(store.tasks.counts()).toEqual(counted);
  });
});

describe('how long to keep', () => {
  it('is read from the environment, and what makes no sense is passed over', () => {
    expect(retentionOf({})).toEqual(defaultRetention);
    expect(retentionOf({ KHLONE_KEEP_DAYS: '7', KHLONE_KEEP_TASKS: '1000' })).toEqual({
      ...defaultRetention,
      tasksMs: 7 * day,
      tasks: 1000,
    });
    for (const text of ['0', '-1', '1.5', 'all', '', '99999999999'])
      expect(retentionOf({ KHLONE_KEEP_DAYS: text, KHLONE_KEEP_TASKS: text })).toEqual(defaultRetention);
  });
});

describe('the database on disk', () => {
  it('gets no larger while as much is forgotten as comes, and its log is cut back', async () => {
    const { store } = state;
    const say = 'x'.repeat(5_000);
    let next = 0;
    const round = async (): Promise<number> => {
      for (let batch = 0; batch < 10; batch++)
        store.transact(() => {
          for (let task = 0; task < 100; task++) ended(`t_${next++}`, 31, { say });
        });
      await housekeeper.sweep(at);
      return statSync(state.path).size;
    };
    const first = Math.max(await round(), await round());
    for (let more = 0; more < 4; more++) expect(await round()).toBeLessThanOrEqual(first * 1.1);
    // One transaction of 40 MB goes through the log whole; the next ones go round in it.
    store.transact(() => {
      for (let task = 0; task < 40; task++) ended(`t_${next++}`, 31, { say: 'x'.repeat(1_000_000) });
    });
    expect(statSync(`${state.path}-wal`).size).toBeGreaterThan(30e6);
    for (let task = 0; task < 5; task++) store.transact(() => ended(`t_${next++}`, 31));
    expect(statSync(`${state.path}-wal`).size).toBeLessThanOrEqual(16 * 2 ** 20);
  });
});
