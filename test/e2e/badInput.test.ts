import { chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clone, connect, type Event, type Khlone, type Task } from '../../client/index.js';
import { resolveReferences } from '../../protocol/generate/references.js';
import type { Row } from '../../protocol/row.js';
import { table } from '../../protocol/table.js';
import { DaemonZone, daemonProgram } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';
import { RawPeer, type RawMessage } from '../support/rpc/peer.js';

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(() => zone[Symbol.asyncDispose]());

const enroll = (more: object = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: 'mechanic', brain: 'demo', ...more });

const ended = (task: Task): Promise<Task> => khlone.task.wait({ task: task.id });

async function approvalOf(who: string, say: string): Promise<{ task: Task; approval: string }> {
  await using events = khlone.events({ types: ['approval.requested'], who });
  await events.ready;
  const task = await khlone.clone.act({ who, say });
  const { approval } = await nextEvent(events, 'approval.requested');
  return { task, approval };
}

async function rawPeer(): Promise<RawPeer> {
  const peer = await RawPeer.connect(zone.paths.socket);
  const greeting = { protocolVersion: 1, clientInfo: { name: 'test', version: '0' } };
  expect((await peer.call(0, 'initialize', greeting))?.result).toBeDefined();
  return peer;
}

/** Every failure says of which kind it is and what to do about it, and the daemon goes on for all. */
async function expectServing(): Promise<void> {
  await khlone.ping();
  await khlone.daemon.status();
  await khlone.clone.list();
}

describe('a call that is wrong', () => {
  const errorOf = (message: RawMessage | undefined) => message?.error?.data as Record<string, unknown>;

  it('names the method there is not', async () => {
    const peer = await rawPeer();
    const answer = await peer.call(1, 'clone/fly', {});
    expect(errorOf(answer)).toMatchObject({ kind: 'methodNotFound', details: { method: 'clone/fly' } });
    expect(errorOf(answer)['hint']).toContain('rpc.discover');
    await peer.close();
    await expectServing();
  });

  it('names the path of every bad member', async () => {
    const peer = await rawPeer();
    const cases: readonly [string, object, readonly string[]][] = [
      ['clone/enroll', {}, ['role']],
      [
        'clone/enroll',
        {
          role: 'Bad Role',
          name: 'x',
          limits: { maxQueue: 0, idleMs: 'long' },
          labels: { 'bad key': 1 },
          env: { A: 7 },
        },
        ['role', 'name', 'limits.maxQueue', 'limits.idleMs', 'labels["bad key"]', 'env.A'],
      ],
      ['clone/act', { who: '', say: 5, priority: 1.5 }, ['who', 'say', 'priority']],
      ['clone/act', { who: 'a', say: 'x'.repeat(500_001) }, ['say']],
      ['event/subscribe', { from: { epoch: -1 }, types: [1] }, ['from.epoch', 'from.seq', 'types[0]']],
      ['task/list', { limit: 501, status: ['lost'] }, ['limit', 'status[0]']],
      ['approval/respond', { approval: 'a', decision: 'maybe' }, ['decision']],
    ];
    for (const [method, params, paths] of cases) {
      const data = errorOf(await peer.call(method + JSON.stringify(params).slice(0, 100), method, params));
      expect(data, method).toMatchObject({ kind: 'invalidParams', retryable: false });
      const { issues } = data['details'] as { issues: { path: string }[] };
      expect(new Set(issues.map(({ path }) => path)), method).toEqual(new Set(paths));
    }
    await peer.close();
  });

  const rows: readonly Row[] = table;
  const members = rows.flatMap((row) =>
    row.kind === 'request' && row.name !== 'initialize'
      ? Object.keys(row.example.params).map((member) => ({ name: row.name, member, row }))
      : [],
  );
  it('names a member of the wrong type, whichever method and member it is', async () => {
    const peer = await rawPeer();
    for (const { name, member, row } of members) {
      const good = resolveReferences(
        row.example.params,
        (method) => rows.some((other) => other.name === method),
        () => ({ id: 'x', subscription: 's', stream: 'x', offset: 0, approvals: [{ id: 'a' }] }),
      ) as Record<string, unknown>;
      const isObject = typeof good[member] === 'object' && !Array.isArray(good[member]);
      const bad = isObject ? 'nonsense' : { nonsense: true };
      const data = errorOf(await peer.call(`${name} ${member}`, name, { ...good, [member]: bad }));
      expect(data, `${name} ${member}`).toMatchObject({ kind: 'invalidParams' });
      const { issues } = data['details'] as { issues: { path: string }[] };
      expect(
        issues.every(({ path }) => path.startsWith(member)),
        `${name} ${member}`,
      ).toBe(true);
    }
    expect(members.length).toBeGreaterThan(20);
    await peer.close();
  });

  it('names a clone, a task, an approval and a subscription there are not', async () => {
    await enroll();
    const unknown = { kind: 'cloneNotFound', details: { who: 'painter', known: ['mechanic.1'] } };
    await expect(khlone.clone.act({ who: 'painter', say: 'x' })).rejects.toMatchObject(unknown);
    await expect(khlone.clone.get({ who: 'painter' })).rejects.toMatchObject(unknown);
    await expect(khlone.event.read({ from: 'start', who: 'painter' })).rejects.toMatchObject(unknown);
    await expect(khlone.task.wait({ task: 't_0' })).rejects.toMatchObject({ kind: 'taskNotFound' });
    await expect(khlone.approval.respond({ approval: 'a_0', decision: 'deny' })).rejects.toMatchObject({
      kind: 'approvalNotFound',
    });
    await expect(khlone.event.unsubscribe({ subscription: 's_0' })).rejects.toMatchObject({
      kind: 'subscriptionNotFound',
    });
  });

  it('names the candidates of an ambiguous clone, and a clone that is retired', async () => {
    await enroll();
    await enroll();
    await expect(khlone.clone.interrupt({ who: 'mechanic' })).rejects.toMatchObject({
      kind: 'cloneAmbiguous',
      details: { candidates: ['mechanic.1', 'mechanic.2'] },
    });
    await Promise.all([1, 2, 3].map(() => khlone.clone.retire({ who: 'mechanic.2' }).catch(() => undefined)));
    const retired = { kind: 'cloneRetired', details: { clone: 'mechanic.2' } };
    await expect(khlone.clone.retire({ who: 'mechanic.2' })).rejects.toMatchObject(retired);
    await expect(khlone.clone.act({ who: 'mechanic.2', say: 'x' })).rejects.toMatchObject(retired);
    await expect(enroll({ name: 'mechanic.2' })).rejects.toMatchObject({ kind: 'cloneNameTaken' });
  });
});

describe('a clone that cannot be enrolled', () => {
  it('names the brain there is not, and how to install the one that is missing', async () => {
    await expect(enroll({ brain: 'oracle' })).rejects.toMatchObject({
      kind: 'brainUnknown',
      details: { brain: 'oracle', known: expect.arrayContaining(['claude', 'demo']) as unknown },
    });
    const poor = await zone.connect({ env: { ...zone.sandbox.env, PATH: zone.root } });
    const missing = poor.clone.enroll({ role: 'mechanic' });
    await expect(missing).rejects.toMatchObject({ kind: 'brainMissing', details: { brain: 'claude' } });
    const { hint } = (await missing.catch((error: unknown) => error)) as { hint: string };
    expect(hint).toMatch(/install/i);
    expect((await khlone.clone.list()).clones).toEqual([]);
    await expectServing();
  });

  it('has a directory outside its zone, none, or a file', async () => {
    writeFileSync(join(zone.root, 'file'), '');
    symlinkSync('/', join(zone.root, 'out'));
    for (const cwd of ['..', '/', 'out', 'missing', 'file', `../${'z'.repeat(20)}`]) {
      await expect(enroll({ cwd }), cwd).rejects.toMatchObject({
        kind: 'invalidParams',
        details: { issues: [{ path: 'cwd' }] },
      });
    }
    mkdirSync(join(zone.root, 'inside'));
    expect(await enroll({ cwd: 'inside' })).toMatchObject({ cwd: join(zone.root, 'inside') });
  });

  it("sets khlone's own variables, at any of the doors", async () => {
    const env = { KHLONE_SOCKET: '/tmp/s' };
    const refused = { kind: 'invalidParams', details: { issues: [{ path: 'env.KHLONE_SOCKET' }] } };
    await expect(enroll({ env })).rejects.toMatchObject(refused);
    const { name } = await enroll();
    await expect(khlone.clone.update({ who: name, env })).rejects.toMatchObject(refused);
    await expect(khlone.clone.act({ who: name, say: 'x', env })).rejects.toMatchObject(refused);
    await expect(khlone.clone.ask({ who: name, say: 'x', env })).rejects.toMatchObject(refused);
  });

  it('has the key of another call, or of the very same one', async () => {
    const again = () => enroll({ idempotencyKey: 'one' });
    const names = (await Promise.all([again(), again(), again()])).map(({ name }) => name);
    expect(new Set(names).size).toBe(1);
    await expect(enroll({ idempotencyKey: 'one', model: 'other' })).rejects.toMatchObject({
      kind: 'idempotencyConflict',
    });
    const act = (say: string) => khlone.clone.act({ who: 'mechanic.1', say, idempotencyKey: 'two' });
    const [first, second] = await Promise.all([act('Say hello.'), act('Say hello.')]);
    expect(first.id).toBe(second.id);
    await expect(act('Say goodbye.')).rejects.toMatchObject({ kind: 'idempotencyConflict' });
    await expect(
      khlone.clone.ask({ who: 'mechanic.1', say: 'Say hello.', idempotencyKey: 'two' }),
    ).rejects.toMatchObject({ kind: 'idempotencyConflict' });
  });
});

describe('an answer to an approval', () => {
  it('counts once, whoever is first', async () => {
    const { name } = await enroll();
    const { task, approval } = await approvalOf(name, 'write hello.txt');
    const other = await zone.connect();
    const answers = await Promise.allSettled([
      khlone.approval.respond({ approval, decision: 'allow' }),
      other.approval.respond({ approval, decision: 'deny' }),
      khlone.approval.respond({ approval, decision: 'deny' }),
    ]);
    const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const refused = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    expect(taken).toHaveLength(1);
    for (const error of refused) {
      expect(error).toMatchObject({
        kind: 'approvalResolved',
        details: { approval, status: taken[0]?.status },
      });
    }
    expect(await ended(task)).toMatchObject({ status: 'done' });
  });

  it('fits the question, or leaves it open', async () => {
    const { name } = await enroll();
    const { task, approval } = await approvalOf(name, 'ask Which one? left | right');
    const path = 'answers["Which one?"]';
    const wrong: readonly [object, string][] = [
      [{}, path],
      [{ answers: {} }, path],
      [{ answers: { 'Which one?': 'left', 'Why?': 'so' } }, 'answers["Why?"]'],
    ];
    for (const [answer, bad] of wrong) {
      await expect(khlone.approval.respond({ approval, decision: 'allow', ...answer })).rejects.toMatchObject(
        {
          kind: 'invalidParams',
          details: { issues: [{ path: bad }] },
        },
      );
    }
    expect(await khlone.approval.list()).toMatchObject({ approvals: [{ id: approval, status: 'pending' }] });
    await khlone.approval.respond({ approval, decision: 'allow', answers: { 'Which one?': 'left' } });
    expect(await ended(task)).toMatchObject({ result: { text: 'You answered: left.' } });
  });

  it('has no answers for a tool', async () => {
    const { name } = await enroll();
    const { approval } = await approvalOf(name, 'write hello.txt');
    await expect(
      khlone.approval.respond({ approval, decision: 'allow', answers: { 'Why?': 'so' } }),
    ).rejects.toMatchObject({ kind: 'invalidParams' });
    await khlone.approval.respond({ approval, decision: 'deny' });
  });
});

describe('too much of something', () => {
  it('is the subscription after the last one a connection may have', async () => {
    const subscribed = await Promise.all(Array.from({ length: 64 }, () => khlone.event.subscribe()));
    await expect(khlone.event.subscribe()).rejects.toMatchObject({
      kind: 'limitReached',
      details: { what: 'subscriptions', limit: 64 },
    });
    await khlone.event.unsubscribe({ subscription: subscribed[0]?.subscription ?? '' });
    await khlone.event.subscribe();
    await (await zone.connect()).event.subscribe();
  });

  it('is the task after the last one a queue may have', async () => {
    const { name } = await enroll({ limits: { maxQueue: 2 } });
    const { task } = await approvalOf(name, 'write hello.txt');
    const act = (idempotencyKey: string) =>
      khlone.clone.act({ who: name, say: 'Say hello.', idempotencyKey });
    const first = await act('1');
    await act('2');
    const full = { kind: 'queueFull', retryable: true, details: { who: name, limit: 2 } };
    await expect(act('3')).rejects.toMatchObject(full);
    expect(await act('1')).toMatchObject({ id: first.id });
    await khlone.task.cancel({ task: first.id });
    await act('3');
    await expect(khlone.task.retry({ task: first.id })).rejects.toMatchObject(full);
    await khlone.clone.interrupt({ who: name });
    expect(await ended(task)).toMatchObject({ status: 'interrupted' });
  });

  it('is not the longest text there may be, however it is written', async () => {
    const { name } = await enroll();
    const events = khlone.events({ from: 'start' });
    for (const letter of ['x', '\u0001', '語', '\ud83d\ude00'.charAt(0)]) {
      const say = letter.repeat(500_000);
      const task = await ended(await khlone.clone.act({ who: name, say }));
      expect(task).toMatchObject({ status: 'done', result: { truncated: true } });
      expect(task.result?.text.length).toBe(500_000);
      const { tasks } = await khlone.task.list({ limit: 500 });
      expect(tasks.length).toBeGreaterThan(0);
      const finished = await nextEvent(events, 'task.finished');
      expect(finished.value).toEqual(task);
    }
    await expect(khlone.clone.act({ who: name, say: 'x'.repeat(500_001) })).rejects.toMatchObject({
      kind: 'invalidParams',
      details: { issues: [{ path: 'say' }] },
    });
    await expect(khlone.clone.act({ who: name, say: 'x'.repeat(9_000_000) })).rejects.toMatchObject({
      kind: 'limitReached',
    });
    expect((await history(khlone)).filter(({ type }) => type === 'task.finished')).toHaveLength(4);
    await events.return();
    await expectServing();
  });

  it('is not the end of a queue that is longer than a frame, for one who listens', async () => {
    const { name } = await enroll();
    const { approval } = await approvalOf(name, 'write hello.txt');
    expect(approval).toBeDefined();
    for (let i = 0; i < 60; i++) await khlone.clone.act({ who: name, say: `${i} ${'x'.repeat(300_000)}` });
    const peer = await rawPeer();
    const subscribed = await peer.call(1, 'event/subscribe', { types: ['task.finished', 'clone.retired'] });
    expect(subscribed?.error).toBeUndefined();
    const retired = khlone.clone.retire({ who: name });
    const seen: Event[] = [];
    while (seen.at(-1)?.type !== 'clone.retired') {
      const message = await peer.next();
      // It reads at once, and is not let go for what the daemon sends in one piece.
      expect(message?.method).toBe('event/published');
      seen.push(...((message?.params?.['events'] ?? []) as Event[]));
    }
    await retired;
    expect(seen.filter(({ type }) => type === 'task.finished')).toHaveLength(61);
    await peer.close();
  });

  it('is a frame of more than 8 MiB, which ends its connection and no other', async () => {
    const peer = await rawPeer();
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'ping',
      params: { _meta: { x: 'x'.repeat(8 * 2 ** 20) } },
    });
    peer.sendRaw(`Content-Length: ${body.length}\r\n\r\n${body}`);
    const last = await peer.next();
    expect(last).toMatchObject({ id: null, error: { data: { kind: 'parseError' } } });
    await peer.closed;
    await expectServing();
  });

  it('is not a frame of just 8 MiB', async () => {
    const peer = await rawPeer();
    const frame = (x: string) =>
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: { x } } });
    const body = frame('x'.repeat(8 * 2 ** 20 - frame('').length));
    expect(body.length).toBe(8 * 2 ** 20);
    peer.sendRaw(`Content-Length: ${body.length}\r\n\r\n${body}`);
    expect((await peer.next())?.result).toMatchObject({ at: expect.any(String) as unknown });
    await peer.close();
  });
});

describe('a zone that cannot be', () => {
  const at = (where: string, env: NodeJS.ProcessEnv = {}) =>
    zone.connect({
      env: { ...zone.sandbox.env, ...env },
      daemonProgram,
      ...(where === '' ? {} : { socket: where }),
    });

  it('is no directory', async () => {
    const file = join(zone.root, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(zone.root, 'missing'), join(file, 'below')]) {
      await expect(connect({ zone: path, env: zone.sandbox.env, daemonProgram })).rejects.toMatchObject({
        kind: 'zoneInvalid',
        details: { path },
      });
    }
    await expectServing();
  });

  it('has a path that is too long for a socket', async () => {
    const long = join(zone.sandbox.folder, 'x'.repeat(100), 's');
    await expect(at(long)).rejects.toMatchObject({
      kind: 'pathTooLong',
      details: { path: long, limit: 100 },
    });
    const runtime = join(zone.sandbox.folder, 'y'.repeat(60));
    mkdirSync(runtime, { mode: 0o700 });
    await expect(at('', { XDG_RUNTIME_DIR: runtime })).rejects.toMatchObject({ kind: 'pathTooLong' });
  });

  it.skipIf(process.getuid?.() !== 0)('has a socket that is somebody else’s', async () => {
    await zone.stop(khlone);
    const path = zone.paths.socket;
    const server = createServer().listen(path);
    await once(server, 'listening');
    chownSync(path, 12345, 12345);
    const unsafe = { kind: 'pathUnsafe', details: { path } };
    await expect(zone.connect()).rejects.toMatchObject(unsafe);
    server.close();
    await once(server, 'close');
    // What is left of it where nobody listens is as unsafe to the daemon.
    writeFileSync(path, '');
    chownSync(path, 12345, 12345);
    await expect(zone.connect()).rejects.toMatchObject(unsafe);
    rmSync(path);
    chownSync(dirname(path), 12345, 12345);
    await expect(zone.connect()).rejects.toMatchObject({
      kind: 'pathUnsafe',
      details: { path: dirname(path) },
    });
    chownSync(dirname(path), 0, 0);
    khlone = await zone.connect();
    await expectServing();
  });
});
