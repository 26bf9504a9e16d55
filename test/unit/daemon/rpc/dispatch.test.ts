import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import { createDispatcher } from '../../../../daemon/rpc/dispatch.js';
import { formatPath, paramsParser } from '../../../../daemon/rpc/params.js';
import { fail } from '../../../../protocol/fail.js';
import { RawPeer } from '../../../support/rpc/peer.js';
import { startServer, type TestServer } from '../../../support/rpc/server.js';

let server: TestServer | undefined;
let peer: RawPeer | undefined;
afterEach(async () => {
  await peer?.close();
  await server?.stop();
});

describe('a dispatcher', () => {
  it('answers the path of each bad member', async () => {
    const schema = z.object({
      say: z.string(),
      limits: z.object({ timeoutMs: z.number() }),
      labels: z.record(z.string().max(3)),
      from: z.union([z.enum(['start', 'tail']), z.object({ seq: z.number() })]),
      types: z.array(z.string()),
    });
    server = await startServer(
      { act: () => ({}) },
      { specs: { act: { beforeInitialize: false, parseParams: paramsParser(schema) } } },
    );
    peer = await RawPeer.greeted(server.path);
    const answer = await peer.call(1, 'act', {
      limits: { timeoutMs: 'soon' },
      labels: { 'x y': 'long' },
      from: { seq: 'x' },
      types: [1],
    });
    expect(answer?.error?.data.kind).toBe('invalidParams');
    const issues = answer?.error?.data.details['issues'] as { path: string }[];
    expect(issues.map(({ path }) => path)).toEqual([
      'say',
      'limits.timeoutMs',
      'labels["x y"]',
      'from.seq',
      'types[0]',
    ]);
    expect(answer?.error?.message).toContain('say: Required');
    expect(answer?.error?.message).toContain('and 2 more');
  });

  it('bounds what it says of a hostile object', () => {
    const parse = paramsParser(z.object({ kind: z.enum(['a']), labels: z.record(z.string().max(1)) }));
    const labels = Object.fromEntries(
      Array.from({ length: 5000 }, (_, n) => [`${'k'.repeat(5000)}${n}`, 'long']),
    );
    const parsed = parse({ kind: 'x'.repeat(100_000), labels });
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed).length).toBeLessThan(50_000);
  });

  it('passes errors of the registry as they are, and no other', async () => {
    server = await startServer({
      known: () => {
        throw fail('taskNotFound', { task: 't_1' });
      },
      unknown: () => {
        throw new Error('a secret path /home/me');
      },
      odd: () => Promise.reject('a string'),
    });
    peer = await RawPeer.greeted(server.path);
    expect(await peer.call(1, 'known')).toMatchObject({
      error: {
        code: -32036,
        message: 'There is no task t_1.',
        data: { kind: 'taskNotFound', details: { task: 't_1' } },
      },
    });
    for (const method of ['unknown', 'odd']) {
      const answer = await peer.call(2, method);
      expect(answer).toMatchObject({ error: { code: -32603, data: { kind: 'internalError' } } });
      expect(JSON.stringify(answer)).not.toMatch(/secret|string|stack| at /);
      expect(server.incidents.at(-1)).toMatchObject({ id: answer?.error?.data.details['incident'], method });
    }
  });

  it('hands the parsed params, the connection and its environment to the handler', async () => {
    server = await startServer(
      {
        show: (params: object, { connection, environment }: CallContext) => ({
          params,
          environment,
          client: connection.client?.name,
        }),
      },
      {
        specs: {
          show: { beforeInitialize: false, parseParams: () => ({ ok: true, value: { parsed: true } }) },
        },
      },
    );
    peer = await RawPeer.greeted(server.path, { PATH: '/bin' });
    expect(await peer.call(1, 'show')).toMatchObject({
      result: { params: { parsed: true }, environment: { PATH: '/bin' }, client: 'test' },
    });
  });

  it('takes a request without params for one with none', async () => {
    server = await startServer({ show: (params: object) => ({ params }) });
    peer = await RawPeer.greeted(server.path);
    peer.send({ jsonrpc: '2.0', id: 1, method: 'show' });
    expect(await peer.next()).toMatchObject({ result: { params: {} } });
  });

  it('ends what belongs to the connection with it, in reverse order', async () => {
    const ended: string[] = [];
    server = await startServer({
      keep: (_: object, { connection }: CallContext) => {
        for (const name of ['a', 'b']) connection.lifetime.add({ dispose: () => ended.push(name) });
        return {};
      },
    });
    peer = await RawPeer.greeted(server.path);
    await peer.call(1, 'keep');
    const [connection] = server.rpc.connections;
    await peer.close();
    await connection?.closed;
    expect(ended).toEqual(['b', 'a']);
  });

  it('is not made without a handler for each method', () => {
    const methods = new Map([
      ['toString', { beforeInitialize: false, parseParams: () => ({ ok: true, value: {} }) as const }],
    ]);
    expect(() => createDispatcher({ methods, handlers: {}, onIncident: () => {} })).toThrow('toString');
  });
});

describe('formatPath', () => {
  it.each([
    [[], ''],
    [['say'], 'say'],
    [['limits', 'timeoutMs'], 'limits.timeoutMs'],
    [['labels', 'x'], 'labels.x'],
    [['labels', 'a"b'], 'labels["a\\"b"]'],
    [['types', 0, 'x'], 'types[0].x'],
    [['x-y'], '["x-y"]'],
  ])('writes %j as %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});
