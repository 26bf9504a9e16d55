import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval, Clone, Event, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';

let zone: DaemonZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterAll(() => zone[Symbol.asyncDispose]());

let roles = 0;
/** A clone of the demo, in a role no other test uses unless it is named. */
const enroll = (params: Partial<Parameters<Khlone['clone']['enroll']>[0]> = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: newRole(), brain: 'demo', ...params });
const newRole = (): string => `role-${++roles}`;
const act = (who: string, say: string, rest: object = {}): Promise<Task> =>
  khlone.clone.act({ who, say, ...rest });
const wait = (task: { readonly id: string }): Promise<Task> => khlone.task.wait({ task: task.id });
const run = async (who: string, say: string, rest: object = {}): Promise<Task> =>
  wait(await act(who, say, rest));
const kind = (expected: string): Error => expect.objectContaining({ kind: expected }) as Error;

/** The first event of a type that fits, from the beginning of the zone on. */
async function event<T extends Event['type']>(
  type: T,
  fits: (event: Extract<Event, { type: T }>) => boolean,
): Promise<Extract<Event, { type: T }>> {
  const events = khlone.events({ from: 'start', types: [type] });
  try {
    return await nextEvent(events, type, fits);
  } finally {
    await events.return();
  }
}
const started = (task: Task): Promise<unknown> => event('task.started', (found) => found.task === task.id);
const asked = async (task: Task): Promise<Approval> =>
  (await event('approval.requested', (found) => found.task === task.id)).value;

/** Starts and ends of tasks, as `start`, `end` and what was said. */
async function courseOf(tasks: readonly Task[]): Promise<string[]> {
  const says = new Map(tasks.map((task) => [task.id, task.say]));
  return (await history(khlone)).flatMap((found) => {
    if (found.type !== 'task.started' && found.type !== 'task.finished') return [];
    const say = says.get(found.task);
    return say === undefined ? [] : [`${found.type === 'task.started' ? 'start' : 'end'} ${say}`];
  });
}

describe('tasks', () => {
  it('of one clone run in order, one at a time, in one conversation', async () => {
    const { name } = await enroll();
    const tasks: Task[] = [];
    for (const say of ['remember one', 'remember two', 'recall']) tasks.push(await act(name, say));
    const [, , last] = await Promise.all(tasks.map(wait));
    expect(last).toMatchObject({ status: 'done', attempt: 1, clone: name });
    expect(last?.result?.text).toContain('one, two');
    expect(await courseOf(tasks)).toEqual(tasks.flatMap(({ say }) => [`start ${say}`, `end ${say}`]));
  });

  it('of several clones run at once', async () => {
    const clones = await Promise.all([enroll(), enroll(), enroll()]);
    const tasks = await Promise.all(clones.map(({ name }) => act(name, 'slow 60000')));
    await Promise.all(tasks.map(started));
    const now = await Promise.all(tasks.map(({ id }) => khlone.task.get({ task: id })));
    expect(now.map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    const ended = await Promise.all(tasks.map(({ id }) => khlone.task.cancel({ task: id })));
    expect(ended.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it('run by priority where they wait', async () => {
    const { name } = await enroll();
    const slow = await act(name, 'slow 60000');
    await started(slow);
    const tasks: Task[] = [];
    for (const [say, priority] of [
      ['low', -1],
      ['first', 9],
      ['middle', 0],
      ['second', 9],
    ] as const) {
      tasks.push(await act(name, say, { priority }));
    }
    await khlone.task.cancel({ task: slow.id });
    await Promise.all(tasks.map(wait));
    const course = await courseOf(tasks);
    expect(course.filter((line) => line.startsWith('start'))).toEqual([
      'start first',
      'start second',
      'start middle',
      'start low',
    ]);
  });

  it('are cancelled while they wait, and never run', async () => {
    const { name } = await enroll();
    const slow = await act(name, 'slow 60000');
    const queued = await act(name, 'remember never');
    await started(slow);
    expect(await khlone.task.cancel({ task: queued.id })).toMatchObject({
      status: 'cancelled',
      attempt: 0,
      error: { kind: 'taskCancelled' },
    });
    expect((await khlone.clone.get({ who: name })).queued).toBe(0);
    await khlone.task.cancel({ task: slow.id });
    expect((await run(name, 'recall')).result?.text).toContain('I remember nothing');
  });

  it('are cancelled while they run, and the queue goes on', async () => {
    const { name } = await enroll();
    const slow = await act(name, 'slow 60000');
    const next = await act(name, 'hello');
    await started(slow);
    expect(await khlone.task.cancel({ task: slow.id })).toMatchObject({ status: 'cancelled', attempt: 1 });
    expect((await wait(next)).status).toBe('done');
    await expect(khlone.task.cancel({ task: slow.id })).rejects.toThrow(kind('taskFinished'));
  });

  it('end as failed after their time, and the conversation goes on', async () => {
    const { name } = await enroll();
    await run(name, 'remember the time');
    expect(await run(name, 'slow 60000', { timeoutMs: 300 })).toMatchObject({
      status: 'failed',
      error: { kind: 'taskTimeout' },
    });
    expect((await run(name, 'recall')).result?.text).toContain('the time');
  });

  it('are tried again by the same id', async () => {
    const { name } = await enroll();
    const failed = await run(name, 'fail overloaded');
    expect(failed).toMatchObject({ status: 'failed', attempt: 1, error: { kind: 'brainError' } });
    const again = await khlone.task.retry({ task: failed.id });
    expect(again).toMatchObject({ id: failed.id });
    expect(again).not.toHaveProperty('error');
    expect(await wait(failed)).toMatchObject({ id: failed.id, status: 'failed', attempt: 2 });
    const done = await run(name, 'hello');
    await expect(khlone.task.retry({ task: done.id })).rejects.toThrow(kind('taskNotRetryable'));
  });

  it('whose process dies fail, and the conversation goes on with the next', async () => {
    const { name } = await enroll();
    await run(name, 'remember life');
    expect(await run(name, 'die')).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    expect((await run(name, 'recall')).result?.text).toContain('life');
  });

  it('wait, run and end by the thousand', async () => {
    const { name } = await enroll();
    const slow = await act(name, 'slow 60000');
    const total = 2000;
    const ids: string[] = [];
    while (ids.length < total) {
      const part = await Promise.all(Array.from({ length: 100 }, () => act(name, 'hello')));
      ids.push(...part.map(({ id }) => id));
    }
    expect((await khlone.clone.get({ who: name })).queued).toBe(total);
    await started(slow);
    await khlone.task.cancel({ task: slow.id });
    const last = ids.at(-1) ?? '';
    await wait({ id: last });
    expect(await khlone.clone.get({ who: name })).toMatchObject({ queued: 0 });
    const ended = (await history(khlone)).flatMap((found) =>
      found.type === 'task.finished' && found.clone === name ? [found.value] : [],
    );
    expect(ended.slice(1).map(({ id }) => id)).toEqual(ids);
    expect(new Set(ended.slice(1).map(({ status, attempt }) => `${status} ${attempt}`))).toEqual(
      new Set(['done 1']),
    );
  });
});

describe('an interrupt', () => {
  it('ends the turn and keeps the conversation and the process', async () => {
    const { name } = await enroll();
    await run(name, 'remember the door');
    const slow = await act(name, 'slow 60000');
    await started(slow);
    const clone = await khlone.clone.interrupt({ who: name });
    expect(clone.status).toBe('idle');
    expect(await wait(slow)).toMatchObject({ status: 'interrupted', error: { kind: 'taskInterrupted' } });
    expect((await run(name, 'recall')).result?.text).toContain('the door');
    const statuses = (await history(khlone)).flatMap((found) =>
      found.type === 'clone.status' && found.clone === name ? [found.status] : [],
    );
    expect(statuses.filter((status) => status === 'starting')).toHaveLength(1);
  });

  it('that comes with the first task, while the process starts, ends it', async () => {
    const { name } = await enroll();
    const task = await act(name, 'slow 60000');
    await khlone.clone.interrupt({ who: name });
    expect((await wait(task)).status).toBe('interrupted');
  });
});

describe('a pool', () => {
  it('gives work to the clone that was used least recently, and keeps it where nobody is free', async () => {
    const role = newRole();
    const [one, two] = [await enroll({ role }), await enroll({ role })];
    await run(two.name, 'hello');
    expect((await run(role, 'hello')).clone).toBe(one.name);
    expect((await run(role, 'hello')).clone).toBe(two.name);

    const busy = [await act(role, 'slow 60000'), await act(role, 'slow 60000')];
    expect(busy.map(({ clone }) => clone)).toEqual([one.name, two.name]);
    await Promise.all(busy.map(started));
    const waiting = [await act(role, 'first'), await act(role, 'second')];
    expect(waiting.map(({ clone, status }) => [clone, status])).toEqual([
      [undefined, 'queued'],
      [undefined, 'queued'],
    ]);
    await khlone.task.cancel({ task: busy[1]?.id ?? '' });
    const done = await Promise.all(waiting.map(wait));
    expect(done.map(({ clone, status }) => [clone, status])).toEqual([
      [two.name, 'done'],
      [two.name, 'done'],
    ]);
    await khlone.task.cancel({ task: busy[0]?.id ?? '' });
  });

  it('has a newcomer take what waits', async () => {
    const role = newRole();
    const [one, two] = [await enroll({ role }), await enroll({ role })];
    const busy = [await act(one.name, 'slow 60000'), await act(two.name, 'slow 60000')];
    await Promise.all(busy.map(started));
    const task = await act(role, 'hello');
    const three = await enroll({ role });
    expect(await wait(task)).toMatchObject({ clone: three.name, status: 'done' });
    await Promise.all(busy.map(({ id }) => khlone.task.cancel({ task: id })));
  });

  it('is found by a label too', async () => {
    const team = newRole();
    const member = await enroll({ labels: { team } });
    await enroll({ labels: { team: 'another' } });
    expect((await run(`label:team=${team}`, 'hello')).clone).toBe(member.name);
    await expect(act('label:team=nobody', 'hello')).rejects.toThrow(kind('cloneNotFound'));
    await khlone.clone.update({ who: member.name, labels: {} });
    await expect(act(`label:team=${team}`, 'hello')).rejects.toThrow(kind('cloneNotFound'));
  });

  it('is not one clone to whom a single one can be said', async () => {
    const role = newRole();
    const names = [(await enroll({ role })).name, (await enroll({ role })).name];
    await expect(khlone.clone.interrupt({ who: role })).rejects.toThrow(
      expect.objectContaining({ kind: 'cloneAmbiguous', details: { who: role, candidates: names } }) as Error,
    );
  });
});

describe('an idempotency key', () => {
  it('gives one task, from two clients at once', async () => {
    const { name } = await enroll();
    const other = await zone.connect();
    const work = { who: name, say: 'hello', idempotencyKey: `key of ${name}` };
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? khlone : other).clone.act(work)),
    );
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(1);
    await wait(receipts[0] as Task);
    expect((await khlone.clone.act(work)).status).toBe('done');
    expect((await khlone.task.list({ who: name })).tasks).toHaveLength(1);
    await expect(khlone.clone.act({ ...work, say: 'bye' })).rejects.toThrow(kind('idempotencyConflict'));
    await expect(khlone.clone.ask(work)).rejects.toThrow(kind('idempotencyConflict'));
  });

  it('gives one clone, from two clients at once', async () => {
    const role = newRole();
    const other = await zone.connect();
    const params = { role, brain: 'demo', idempotencyKey: `key of ${role}` };
    const clones = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        (i % 2 === 0 ? khlone : other).clone.enroll({ ...params, _meta: { i } }),
      ),
    );
    expect(new Set(clones.map(({ name }) => name))).toEqual(new Set([`${role}.1`]));
  });
});

describe('waiting for a task', () => {
  it('ends by its time, and the task goes on', async () => {
    const { name } = await enroll();
    const task = await act(name, 'slow 60000');
    await expect(khlone.task.wait({ task: task.id, timeoutMs: 50 })).rejects.toThrow(kind('waitTimeout'));
    expect((await khlone.task.get({ task: task.id })).status).not.toBe('failed');
    await khlone.task.cancel({ task: task.id });
  });

  it('ends when it is aborted, and the task goes on', async () => {
    const { name } = await enroll();
    const task = await act(name, 'slow 60000');
    const abort = new AbortController();
    const waiting = khlone.task.wait({ task: task.id }, { signal: abort.signal });
    await started(task);
    abort.abort();
    await expect(waiting).rejects.toThrow(kind('cancelled'));
    expect((await khlone.task.get({ task: task.id })).status).toBe('running');
    await khlone.task.cancel({ task: task.id });
  });

  it('answers at once for one that has ended, and to all who wait', async () => {
    const { name } = await enroll();
    const other = await zone.connect();
    const task = await act(name, 'hello');
    const ends = await Promise.all([wait(task), other.task.wait({ task: task.id }), wait(task)]);
    for (const end of [...ends, await wait(task)]) expect(end).toEqual(ends[0]);
    await expect(wait({ id: 't_nobody' })).rejects.toThrow(kind('taskNotFound'));
  });
});

describe('an approval', () => {
  it('is listed and answered by another client than the one that acted; the first answer counts', async () => {
    const { name } = await enroll();
    const other = await zone.connect();
    const task = await act(name, 'write answered.txt by another');
    const { id } = await asked(task);
    expect(await other.clone.get({ who: name })).toMatchObject({ status: 'waiting', task: task.id });
    expect((await other.task.get({ task: task.id })).status).toBe('waiting');
    const { approvals } = await other.approval.list({ who: name });
    expect(approvals).toMatchObject([{ id, clone: name, task: task.id, kind: 'tool', status: 'pending' }]);
    expect(existsSync(join(zone.root, 'answered.txt'))).toBe(false);

    const answers = await Promise.allSettled([
      other.approval.respond({ approval: id, decision: 'allow' }),
      khlone.approval.respond({ approval: id, decision: 'allow' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(khlone.approval.respond({ approval: id, decision: 'deny' })).rejects.toThrow(
      expect.objectContaining({
        kind: 'approvalResolved',
        details: { approval: id, status: 'allowed' },
      }) as Error,
    );
    expect((await wait(task)).status).toBe('done');
    expect(readFileSync(join(zone.root, 'answered.txt'), 'utf8')).toBe('by another\n');
    expect((await khlone.approval.list({ who: name })).approvals).toEqual([]);
    expect((await khlone.approval.list({ who: name, status: ['allowed'] })).approvals).toMatchObject([
      { id, decision: 'allow' },
    ]);
  });

  it('is seen by a client that connects later', async () => {
    const { name } = await enroll();
    const task = await act(name, 'write late.txt');
    const { id } = await asked(task);
    const late = await zone.connect();
    expect((await late.approval.list({ who: name })).approvals.map((found) => found.id)).toEqual([id]);
    await late.approval.respond({ approval: id, decision: 'deny', message: 'not now' });
    expect((await wait(task)).result?.text).toContain('not now');
    expect(existsSync(join(zone.root, 'late.txt'))).toBe(false);
  });

  it('is denied by its deadline', async () => {
    const { name } = await enroll({ limits: { approvalTimeoutMs: 200 } });
    const task = await run(name, 'write expired.txt');
    expect(task.result?.text).toContain('Nobody answered in time');
    expect(existsSync(join(zone.root, 'expired.txt'))).toBe(false);
    expect((await khlone.approval.list({ who: name, status: ['expired'] })).approvals).toHaveLength(1);
  });

  it('is withdrawn with its turn', async () => {
    const { name } = await enroll();
    const task = await act(name, 'write withdrawn.txt');
    const { id } = await asked(task);
    expect((await khlone.clone.interrupt({ who: name })).status).toBe('idle');
    await expect(khlone.approval.respond({ approval: id, decision: 'allow' })).rejects.toThrow(
      expect.objectContaining({
        kind: 'approvalResolved',
        details: { approval: id, status: 'withdrawn' },
      }) as Error,
    );
    expect((await wait(task)).status).toBe('interrupted');
    expect(existsSync(join(zone.root, 'withdrawn.txt'))).toBe(false);
  });

  it('given for always is not asked again', async () => {
    const { name } = await enroll();
    const first = await act(name, 'write always-1.txt');
    const { id } = await asked(first);
    await khlone.approval.respond({ approval: id, decision: 'allowAlways' });
    await wait(first);
    expect((await run(name, 'write always-2.txt')).status).toBe('done');
    expect(existsSync(join(zone.root, 'always-2.txt'))).toBe(true);
    // Another process, the same clone: granted for its life.
    await khlone.clone.update({ who: name, model: 'another' });
    expect((await run(name, 'write always-3.txt')).status).toBe('done');
    expect(existsSync(join(zone.root, 'always-3.txt'))).toBe(true);
  });

  it.each([
    ['acceptEdits', true],
    ['allow', true],
    ['deny', false],
  ] as const)('is not needed under the policy %s: written %s', async (approvals, written) => {
    const { name } = await enroll({ approvals });
    const task = await run(name, `write policy-${approvals}.txt`);
    expect(task.status).toBe('done');
    expect(existsSync(join(zone.root, `policy-${approvals}.txt`))).toBe(written);
    expect((await khlone.approval.list({ who: name })).approvals).toEqual([]);
  });

  it('is a question with its answers too, under a policy that allows the rest', async () => {
    const { name } = await enroll({ approvals: 'allow' });
    const task = await act(name, 'ask Which colour? red|blue');
    const approval = await asked(task);
    expect(approval).toMatchObject({
      kind: 'question',
      questions: [{ question: 'Which colour?', options: [{ label: 'red' }, { label: 'blue' }] }],
    });
    const answer = { approval: approval.id, decision: 'allow' } as const;
    await expect(khlone.approval.respond(answer)).rejects.toThrow(kind('invalidParams'));
    await khlone.approval.respond({ ...answer, answers: { 'Which colour?': 'blue' } });
    expect((await wait(task)).result?.text).toContain('You answered: blue');
  });
});

describe('an ask', () => {
  it('cannot write, and has the conversation of the act before it', async () => {
    const { name } = await enroll({ approvals: 'allow' });
    await run(name, 'remember the paint');
    const ask = (say: string): Promise<Task> => khlone.clone.ask({ who: name, say }).then(wait);
    const refused = await ask('write asked.txt');
    expect(refused).toMatchObject({ kind: 'ask', status: 'done' });
    expect(refused.result?.text).toContain('I could not');
    expect(existsSync(join(zone.root, 'asked.txt'))).toBe(false);
    expect((await ask('recall')).result?.text).toContain('the paint');
    expect(await khlone.clone.get({ who: name })).toMatchObject({ posture: 'ask' });
    expect((await run(name, 'write acted.txt')).status).toBe('done');
    expect(existsSync(join(zone.root, 'acted.txt'))).toBe(true);
  });
});

describe('usage', () => {
  it('is added up by clone, task and model, as the brain reports it', async () => {
    const { name } = await enroll();
    const tasks = [await run(name, 'one two three'), await run(name, 'four')];
    const sum = (member: 'inputTokens' | 'outputTokens'): number =>
      tasks.reduce((total, { usage }) => total + (usage?.[member] ?? Number.NaN), 0);
    const usage = await khlone.usage.get({ who: name });
    expect(usage.total).toMatchObject({
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
    });
    expect(sum('outputTokens')).toBeGreaterThan(0);
    expect(usage.byClone).toEqual([{ clone: name, ...usage.total }]);
    expect(usage.byModel).toHaveLength(1);
    expect(usage.byTask.map(({ task }) => task)).toEqual(tasks.map(({ id }) => id).reverse());
    expect((await khlone.clone.get({ who: name })).usage).toEqual(usage.total);
    expect((await khlone.usage.get({ task: tasks[1]?.id ?? '' })).total).toEqual(tasks[1]?.usage);
    expect((await khlone.usage.get({ who: name, since: '2999-01-01T00:00:00.000Z' })).byTask).toEqual([]);
  });
});

describe('events', () => {
  it('have the pieces of a message live, and only the whole of it in the history', async () => {
    const { name } = await enroll();
    const events = khlone.events({ who: name });
    await events.ready;
    const task = await act(name, 'slow 100');
    const pieces: string[] = [];
    let whole = '';
    for await (const found of events) {
      if (found.type === 'message.delta') {
        expect(found.offset).toBe(pieces.join('').length);
        pieces.push(found.text);
      }
      if (found.type === 'message.completed') {
        whole = found.text;
        break;
      }
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(whole);
    await wait(task);
    const stored = (await history(khlone)).filter((found) => 'task' in found && found.task === task.id);
    expect(stored.map(({ type }) => type)).toContain('message.completed');
    expect(stored.map(({ type }) => type)).not.toContain('message.delta');
  });

  it('come by type and by clone', async () => {
    const [one, two] = [await enroll(), await enroll()];
    const events = khlone.events({ from: 'start', types: ['task.queued', 'task.finished'], who: one.name });
    const tasks = [await act(one.name, 'hello'), await act(two.name, 'hello')];
    await Promise.all(tasks.map(wait));
    const found: string[] = [];
    for await (const each of events) {
      found.push(`${each.type} ${'clone' in each ? each.clone : ''}`);
      if (each.type === 'task.finished') break;
    }
    expect(found).toEqual([`task.queued ${one.name}`, `task.finished ${one.name}`]);
    const page = await khlone.event.read({ from: 'start', types: ['clone.enrolled'], who: two.name });
    expect(page.events).toMatchObject([{ type: 'clone.enrolled', clone: two.name }]);
    await expect(khlone.event.read({ from: 'start', who: 'nobody.1' })).rejects.toThrow(
      kind('cloneNotFound'),
    );
  });

  it('come to all clients in one order, which is that of the history', async () => {
    const from = khlone.session.cursor;
    const clients = [khlone, await zone.connect(), await zone.connect()];
    const streams = clients.map((client) => client.events({ from }));
    const clones = await Promise.all([enroll(), enroll()]);
    const tasks = await Promise.all(
      clones.flatMap(({ name }) =>
        ['hello', 'garbage', 'read answered.txt', 'fail'].map((say) => act(name, say)),
      ),
    );
    await Promise.all(tasks.map(wait));
    const { name } = await enroll();
    const seen = await Promise.all(
      streams.map(async (stream) => {
        const found: Event[] = [];
        for await (const each of stream) {
          if (each.type !== 'message.delta') found.push(each);
          if (each.type === 'clone.enrolled' && each.clone === name) break;
        }
        return found;
      }),
    );
    const stored = await history(khlone, from);
    for (const found of seen) expect(found).toEqual(stored.slice(0, found.length));
    expect(stored.length).toBeGreaterThan(40);
    const numbers = stored.map(({ cursor }) => cursor.seq);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  });

  it('are read backward page by page to the beginning', async () => {
    const all = await history(khlone);
    const back: Event[] = [];
    let from: Event['cursor'] | 'tail' = 'tail';
    for (;;) {
      const page = await khlone.event.read({ from, direction: 'backward', limit: 300 });
      back.push(...page.events);
      from = page.next;
      if (!page.more) break;
    }
    expect(back.reverse()).toEqual(all);
  });
});

describe('a clone', () => {
  it('is retired for good: what waits is cancelled, its name is never used again', async () => {
    const { name, role } = await enroll();
    const tasks = [await act(name, 'slow 60000'), await act(name, 'hello')];
    await started(tasks[0] as Task);
    const both = await Promise.all([khlone.clone.retire({ who: name }), khlone.clone.retire({ who: name })]);
    for (const clone of both) expect(clone).toMatchObject({ status: 'retired', posture: 'off', queued: 0 });
    expect((await Promise.all(tasks.map(wait))).map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    await expect(act(name, 'hello')).rejects.toThrow(kind('cloneRetired'));
    await expect(act(role, 'hello')).rejects.toThrow(kind('cloneNotFound'));
    await expect(enroll({ role, name })).rejects.toThrow(kind('cloneNameTaken'));
    expect((await enroll({ role })).name).toBe(`${role}.2`);
    const names = (clones: readonly Clone[]): string[] => clones.map((clone) => clone.name);
    expect(names((await khlone.clone.list({ role })).clones)).toEqual([`${role}.2`]);
    expect(names((await khlone.clone.list({ role, status: ['retired'] })).clones)).toEqual([name]);
  });

  it('keeps its conversation over a change of what its process is started with', async () => {
    const { name, conversation } = await enroll();
    await run(name, 'remember the change');
    const changed = await khlone.clone.update({ who: name, model: 'another', brief: 'Be brief.' });
    expect(changed).toMatchObject({ model: 'another', brief: 'Be brief.', conversation });
    expect((await run(name, 'recall')).result?.text).toContain('the change');
  });

  it('lets nobody see its secrets, neither on the wire nor on disk', async () => {
    const secret = 'a-value-that-nobody-may-see';
    const { name } = await enroll({ env: { DEMO_API_KEY: secret } });
    const task = await run(name, `say ${secret.slice(0, 5)}`);
    expect(task.status).toBe('done');
    const seen = JSON.stringify([await history(khlone), await khlone.clone.get({ who: name })]);
    expect(seen).not.toContain(secret);
    const { paths } = await khlone.daemon.status();
    for (const file of [paths.database, `${paths.database}-wal`, paths.log]) {
      expect(readFileSync(file).includes(secret)).toBe(false);
    }
  });

  it('works where it was told to, inside the zone only', async () => {
    const { cwd } = await enroll();
    expect(cwd).toBe(realpathSync(zone.root));
    for (const outside of ['..', '/', 'nowhere']) {
      await expect(enroll({ cwd: outside })).rejects.toThrow(kind('invalidParams'));
    }
  });
});
