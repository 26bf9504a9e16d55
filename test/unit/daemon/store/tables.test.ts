import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId, now } from '../../../../daemon/store/ids.js';
import { addUsage, noUsage, soundUsage } from '../../../../daemon/store/usageTable.js';
import type { Approval } from '../../../../protocol/shapes/approval.js';
import type { Event } from '../../../../protocol/shapes/event.js';
import { cloneRecord, taskRecord, ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
beforeEach(() => {
  state = new ZoneState();
});
afterEach(() => state[Symbol.dispose]());

describe('Store', () => {
  it('counts an epoch with each opening', () => {
    expect(state.store.epoch).toBe(1);
    state.reopen();
    state.reopen();
    expect(state.store.epoch).toBe(3);
  });

  it('undoes a transaction that throws', () => {
    const { store } = state;
    expect(() =>
      store.transact(() => {
        store.clones.insert(cloneRecord());
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.clones.all()).toEqual([]);
  });

  it('measures what is in use', () => {
    const { store } = state;
    const before = store.usedBytes();
    store.transact(() => {
      store.clones.insert(cloneRecord({ brief: 'x'.repeat(1_000_000) }));
    });
    expect(store.usedBytes() - before).toBeGreaterThan(900_000);
  });
});

describe('CloneTable', () => {
  it('keeps all that is known of a clone', () => {
    const bare = cloneRecord({ name: 'mechanic.1', enrolledAt: '2026-01-01T00:00:00.000Z' });
    const full = cloneRecord({
      name: 'mechanic.2',
      number: 2,
      begun: true,
      model: 'm',
      brief: 'b',
      approvals: 'acceptEdits',
      limits: { idleMs: 1, recovery: 'resume' },
      labels: { team: 'core' },
      grants: ['Edit(./**)'],
      env: { LANG: 'C' },
      secrets: ['API_KEY'],
      grantSocket: true,
      readOnly: true,
      failure: { failures: 5, reason: 'r' },
      usedAt: 7,
      enrolledAt: '2026-01-02T00:00:00.000Z',
      retiredAt: '2026-01-03T00:00:00.000Z',
    });
    for (const clone of [full, bare]) state.store.clones.insert(clone);
    state.reopen();
    expect(state.store.clones.all()).toEqual([bare, full]);
    expect(state.store.clones.get(full.name)).toEqual(full);
    expect(state.store.clones.get('nobody.1')).toBeUndefined();
  });

  it('changes what may change and nothing of the others', () => {
    const [one, two] = [cloneRecord(), cloneRecord({ name: 'mechanic.2', number: 2 })];
    for (const clone of [one, two]) state.store.clones.insert(clone);
    const changed = { ...one, begun: true, model: 'm', labels: { a: 'b' }, usedAt: 9, retiredAt: now() };
    state.store.clones.update(changed);
    expect(state.store.clones.all()).toEqual([changed, two]);
  });

  it('never gives a number twice, and knows the roles apart', () => {
    const { clones } = state.store;
    expect(clones.nextNumber('mechanic')).toBe(1);
    clones.insert(cloneRecord({ name: 'mechanic.7', number: 7, retiredAt: now() }));
    expect(clones.nextNumber('mechanic')).toBe(8);
    expect(clones.nextNumber('painter')).toBe(1);
  });

  it('takes no name twice', () => {
    state.store.clones.insert(cloneRecord());
    expect(() => state.store.clones.insert(cloneRecord({ role: 'other', number: 9 }))).toThrow(/UNIQUE/);
  });
});

describe('TaskTable', () => {
  beforeEach(() => {
    for (const number of [1, 2]) {
      state.store.clones.insert(cloneRecord({ name: `mechanic.${number}`, number }));
    }
  });

  it('keeps all that is known of a task', () => {
    const bare = state.store.tasks.insert(taskRecord());
    const full = state.store.tasks.insert(
      taskRecord({
        kind: 'ask',
        who: 'mechanic',
        clone: undefined,
        status: 'failed',
        attempt: 2,
        priority: -3,
        timeoutMs: 5,
        labels: { a: 'b' },
        resumed: true,
        epoch: 1,
        result: { text: 'r', truncated: true },
        error: { kind: 'k', message: 'm', hint: 'h' },
        startedAt: now(),
        finishedAt: now(),
      }),
    );
    state.reopen();
    expect(state.store.tasks.get(bare.id)).toEqual(bare);
    expect(state.store.tasks.get(full.id)).toEqual(full);
    expect(full.ordinal).toBeGreaterThan(bare.ordinal);
    expect(state.store.tasks.get('t_nobody')).toBeUndefined();
  });

  it('gives the next task by priority, then by age, from the clone and its pools', () => {
    const { tasks } = state.store;
    const put = (say: string, change: object): void => void tasks.insert(taskRecord({ say, ...change }));
    put('old of the pool', { clone: undefined, who: 'mechanic' });
    put('own', {});
    put('urgent of the label', { clone: undefined, who: 'label:a=b', priority: 1 });
    put('another clone', { clone: 'mechanic.2', priority: 9 });
    put('another pool', { clone: undefined, who: 'painter', priority: 9 });
    put('urgent own', { priority: 1 });
    put('done', { status: 'done', priority: 9 });
    const order: string[] = [];
    for (;;) {
      const next = tasks.next('mechanic.1', ['mechanic', 'label:a=b']);
      if (!next) break;
      order.push(next.say);
      tasks.update({ ...next, status: 'done' }, state.store.epoch);
    }
    expect(order).toEqual(['urgent of the label', 'urgent own', 'old of the pool', 'own']);
  });

  it('refuses a write from an epoch that is over', () => {
    const task = state.store.tasks.insert(taskRecord());
    const running = { ...task, status: 'running' as const, epoch: 2 };
    state.store.tasks.update(running, 2);
    expect(() => state.store.tasks.update({ ...running, status: 'done' }, 1)).toThrow(
      /epoch 1 may no longer write/,
    );
    expect(state.store.tasks.get(task.id)).toEqual(running);
    state.store.tasks.update({ ...running, status: 'interrupted', epoch: 3 }, 3);
    expect(state.store.tasks.get(task.id)?.status).toBe('interrupted');
  });

  it('counts by status and by queue', () => {
    const { tasks } = state.store;
    for (const change of [
      {},
      {},
      { status: 'running' as const },
      { clone: undefined, who: 'mechanic' },
      { clone: 'mechanic.2', status: 'waiting' as const },
    ]) {
      tasks.insert(taskRecord(change));
    }
    expect(tasks.counts()).toEqual({ queued: 3, running: 1, waiting: 1 });
    expect(tasks.queueLengths()).toEqual(
      new Map([
        ['mechanic.1', 2],
        ['mechanic', 1],
      ]),
    );
    expect(tasks.live().map((task) => task.status)).toEqual(['running', 'waiting']);
    expect(tasks.queuedOf('mechanic.1')).toHaveLength(2);
  });

  it('lists the newest first, by clone, pool, status, kind and page', () => {
    const { tasks } = state.store;
    const [a, b, c, d] = [
      taskRecord({ say: 'a' }),
      taskRecord({ say: 'b', clone: 'mechanic.2', kind: 'ask' }),
      taskRecord({ say: 'c', clone: undefined, who: 'mechanic' }),
      taskRecord({ say: 'd', status: 'done' }),
    ].map((task) => tasks.insert(task));
    const says = (filter: object): string[] => tasks.list({ limit: 10, ...filter }).map((task) => task.say);
    expect(says({})).toEqual(['d', 'c', 'b', 'a']);
    expect(says({ limit: 2 })).toEqual(['d', 'c']);
    expect(says({ before: c?.ordinal })).toEqual(['b', 'a']);
    expect(says({ clones: ['mechanic.1'] })).toEqual(['d', 'a']);
    expect(says({ clones: ['mechanic.1', 'mechanic.2'], pool: 'mechanic' })).toEqual(['d', 'c', 'b', 'a']);
    expect(says({ status: ['done'] })).toEqual(['d']);
    expect(says({ status: [] })).toEqual([]);
    expect(says({ kind: 'ask' })).toEqual(['b']);
    expect([a, b, d].map((task) => task?.ordinal)).toEqual([1, 2, 4]);
  });
});

describe('ApprovalTable', () => {
  const approval = (id: string, change: Partial<Approval> = {}): Approval => ({
    id,
    clone: 'mechanic.1',
    task: 't_1',
    kind: 'tool',
    title: id,
    status: 'pending',
    requestedAt: now(),
    deadlineAt: now(),
    ...change,
  });

  beforeEach(() => {
    for (const number of [1, 2]) {
      state.store.clones.insert(cloneRecord({ name: `mechanic.${number}`, number }));
    }
    state.store.tasks.insert(taskRecord({ id: 't_1' }));
  });

  it('keeps, changes, counts and lists', () => {
    const { approvals } = state.store;
    const [one, two, three] = [
      approval('a_1'),
      approval('a_2', { clone: 'mechanic.2' }),
      approval('a_3', { answers: { 'Why?': 'so' } }),
    ];
    for (const each of [one, two, three]) approvals.insert(each, `r_${each.id}`);
    expect(approvals.pendingCount()).toBe(3);
    const denied = { ...one, status: 'denied' as const, decision: 'deny' as const };
    approvals.update(denied);
    expect(approvals.pendingCount()).toBe(2);
    expect(approvals.get('a_1')).toEqual(denied);
    expect(approvals.get('a_9')).toBeUndefined();
    expect(approvals.list({ status: ['pending'], limit: 9 })).toEqual([three, two]);
    expect(approvals.list({ status: ['pending', 'denied'], limit: 2 })).toEqual([three, two]);
    expect(approvals.list({ status: ['pending', 'denied'], clones: ['mechanic.1'], limit: 9 })).toEqual([
      three,
      denied,
    ]);
  });
});

describe('EventTable', () => {
  const status = (seq: number, clone = 'mechanic.1'): Event => ({
    type: 'clone.status',
    clone,
    status: 'idle',
    posture: 'act',
    cursor: { epoch: 1, seq },
    at: now(),
  });

  it('gives numbers once for all, also after everything was forgotten', () => {
    const { events } = state.store;
    expect([events.newest(), events.oldest()]).toEqual([0, 1]);
    for (const seq of [1, 2, 3]) events.insert(status(seq));
    expect([events.newest(), events.oldest()]).toEqual([3, 1]);
    events.prune(2);
    expect([events.newest(), events.oldest()]).toEqual([3, 3]);
    events.prune(3);
    expect([events.newest(), events.oldest()]).toEqual([3, 4]);
    state.reopen();
    expect(state.log.cursor).toEqual({ epoch: 2, seq: 3 });
  });

  it('reads forward and backward, filtered, as it was written', () => {
    const { events } = state.store;
    const opened: Event = { type: 'zone.opened', version: '1', cursor: { epoch: 1, seq: 2 }, at: now() };
    const all = [status(1), opened, status(3, 'mechanic.2'), status(4)];
    for (const event of all) events.insert(event);
    const read = (query: object): number[] =>
      [...events.read({ from: 0, direction: 'forward', limit: 9, ...query })].map(
        ({ event }) => event.cursor.seq,
      );
    expect([...events.read({ from: 0, direction: 'forward', limit: 9 })].map(({ event }) => event)).toEqual(
      all,
    );
    expect(read({ from: 2 })).toEqual([3, 4]);
    expect(read({ limit: 2 })).toEqual([1, 2]);
    expect(read({ from: 4, direction: 'backward' })).toEqual([3, 2, 1]);
    expect(read({ types: ['zone.opened'] })).toEqual([2]);
    expect(read({ clones: ['mechanic.1'] })).toEqual([1, 4]);
    expect(read({ clones: ['mechanic.1'], types: ['zone.opened'] })).toEqual([]);
    expect(read({ types: [] })).toEqual([]);
  });

  it('can be left in the middle of a reading', () => {
    const { store } = state;
    for (let seq = 1; seq <= 100; seq++) store.events.insert(status(seq));
    for (const { event } of store.events.read({ from: 0, direction: 'forward', limit: 100 })) {
      if (event.cursor.seq === 3) break;
    }
    // A reading that is still on would refuse every write.
    store.events.insert(status(101));
    expect(store.events.newest()).toBe(101);
  });

  it('goes on with more shapes of filters than it keeps', () => {
    const { events } = state.store;
    events.insert(status(1));
    for (let size = 1; size <= 130; size++) {
      const types = [...Array.from({ length: size - 1 }, (_, i) => `t${i}`), 'clone.status'];
      expect([...events.read({ from: 0, direction: 'forward', limit: 1, types })]).toHaveLength(1);
    }
  });
});

describe('UsageTable', () => {
  const used = { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4, costUsd: 0.5 };

  it('adds up by clone, task, model and time', () => {
    const { clones, tasks, usage } = state.store;
    for (const number of [1, 2]) clones.insert(cloneRecord({ name: `mechanic.${number}`, number }));
    for (const id of ['t_1', 't_2']) tasks.insert(taskRecord({ id }));
    const put = (clone: string, task: string, rest: object): void =>
      usage.insert({ ...used, clone, task, model: 'big', at: '2026-01-01T00:00:00.000Z', ...rest });
    expect(usage.total({})).toEqual(noUsage);
    expect(usage.ofTask('t_1')).toBeUndefined();
    put('mechanic.1', 't_1', {});
    put('mechanic.1', 't_1', { model: 'small' });
    put('mechanic.2', 't_2', { at: '2026-01-02T00:00:00.000Z' });
    const twice = addUsage(used, used);
    expect(usage.total({})).toEqual(addUsage(twice, used));
    expect(usage.ofTask('t_1')).toEqual(twice);
    expect(usage.total({ clones: ['mechanic.1'] })).toEqual(twice);
    expect(usage.total({ task: 't_2' })).toEqual(used);
    expect(usage.total({ since: '2026-01-02T00:00:00.000Z' })).toEqual(used);
    expect(usage.by('clone', {}, 9)).toEqual([
      { clone: 'mechanic.2', ...used },
      { clone: 'mechanic.1', ...twice },
    ]);
    expect(usage.by('model', {}, 9)).toEqual([
      { model: 'big', ...twice },
      { model: 'small', ...used },
    ]);
    expect(usage.by('task, clone', {}, 1)).toEqual([{ task: 't_2', clone: 'mechanic.2', ...used }]);
  });

  it('takes counts that no brain should report for what they can be', () => {
    expect(
      soundUsage({
        inputTokens: -1,
        outputTokens: 1.6,
        cacheWriteTokens: Number.NaN,
        cacheReadTokens: Number.POSITIVE_INFINITY,
        costUsd: 0.25,
      }),
    ).toEqual({ inputTokens: 0, outputTokens: 2, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0.25 });
  });

  it('stores and adds up the largest counts that a brain can report', () => {
    const { clones, tasks, usage } = state.store;
    clones.insert(cloneRecord());
    tasks.insert(taskRecord({ id: 't_1' }));
    const largest = {
      inputTokens: Number.MAX_VALUE,
      outputTokens: 1,
      cacheWriteTokens: 0,
      cacheReadTokens: 0,
      costUsd: Number.MAX_VALUE,
    };
    const place = { clone: 'mechanic.1', task: 't_1', model: 'm', at: now() };
    for (let turn = 0; turn < 2; turn++) usage.insert({ ...soundUsage(largest), ...place });
    expect(usage.total({})).toMatchObject({ inputTokens: 2e12, outputTokens: 2, costUsd: 2e12 });
  });
});

describe('IdempotencyTable', () => {
  it('knows a call again whatever the order of its members', () => {
    const { idempotency } = state.store;
    expect(idempotency.find('k', { a: 1 })).toBeUndefined();
    idempotency.record('k', { a: 1, b: { c: [1, 2], d: null }, e: undefined }, 't_1');
    expect(idempotency.find('k', { b: { d: null, c: [1, 2] }, a: 1 })).toBe('t_1');
    state.reopen();
    expect(state.store.idempotency.find('k', { b: { d: null, c: [1, 2] }, a: 1 })).toBe('t_1');
  });

  it.each([
    ['another value', { a: 2, b: [1, 2] }],
    ['a member more', { a: 1, b: [1, 2], c: 0 }],
    ['another order of a list', { a: 1, b: [2, 1] }],
    ['another type', { a: '1', b: [1, 2] }],
  ])('refuses the same key for %s', (_, call) => {
    state.store.idempotency.record('k', { a: 1, b: [1, 2] }, 't_1');
    expect(() => state.store.idempotency.find('k', call)).toThrow(
      expect.objectContaining({ kind: 'idempotencyConflict' }) as Error,
    );
  });
});

describe('newId', () => {
  it('sorts by time and is never the same', () => {
    const ids = Array.from({ length: 2000 }, () => newId('t'));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^t_[0-9a-hjkmnp-tv-z]{18}$/);
    const heads = ids.map((id) => id.slice(0, 11));
    expect(heads).toEqual([...heads].sort());
  });
});
