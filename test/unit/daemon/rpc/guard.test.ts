import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import { defaultRpcLimits } from '../../../../daemon/rpc/limits.js';
import { encodeFrame } from '../../../../protocol/wire/frames.js';
import { defaultWriterLimits } from '../../../../protocol/wire/writer.js';
import { RawPeer } from '../../../support/rpc/peer.js';
import { startServer, type TestServer } from '../../../support/rpc/server.js';

const held: { stop(): Promise<unknown> }[] = [];
const start = async (...args: Parameters<typeof startServer>): Promise<TestServer> => {
  const server = await startServer(...args);
  held.push(server);
  return server;
};
const join = async (server: TestServer): Promise<RawPeer> => {
  const peer = await RawPeer.greeted(server.path);
  held.push({ stop: () => peer.close() });
  return peer;
};
afterEach(async () => {
  for (const one of held.splice(0).reverse()) await one.stop();
});

const request = (rest: object): object => ({ jsonrpc: '2.0', id: 1, method: 'ping', ...rest });

describe('bad envelopes', () => {
  it.each([
    ['a batch', [request({})], null, 'invalidRequest'],
    ['an empty batch', [], null, 'invalidRequest'],
    ['a number', 7, null, 'invalidRequest'],
    ['a string', 'ping', null, 'invalidRequest'],
    ['null', null, null, 'invalidRequest'],
    ['no version', { id: 1, method: 'ping' }, 1, 'invalidRequest'],
    ['another version', request({ jsonrpc: '1.0' }), 1, 'invalidRequest'],
    ['a version that is a number', request({ jsonrpc: 2 }), 1, 'invalidRequest'],
    ['a method that is a number', request({ method: 1 }), 1, 'invalidRequest'],
    ['an empty method', request({ method: '' }), 1, 'invalidRequest'],
    ['an endless method', request({ method: 'x'.repeat(257) }), 1, 'invalidRequest'],
    ['an id of null', request({ id: null }), null, 'invalidRequest'],
    ['an id with a fraction', request({ id: 1.5 }), null, 'invalidRequest'],
    ['an id past the safe integers', request({ id: 2 ** 53 }), null, 'invalidRequest'],
    ['an id that is an object', request({ id: {} }), null, 'invalidRequest'],
    ['an endless id', request({ id: 'x'.repeat(257) }), null, 'invalidRequest'],
    ['params by position', request({ params: [1] }), 1, 'invalidParams'],
    ['params of null', request({ params: null }), 1, 'invalidParams'],
    ['params that are a string', request({ params: 'x' }), 1, 'invalidParams'],
    ['neither call nor answer', { jsonrpc: '2.0', id: 1 }, 1, 'invalidRequest'],
    ['a cancel of nothing', { jsonrpc: '2.0', method: '$/cancelRequest' }, null, 'invalidRequest'],
  ])('answers %s, and goes on', async (...[, message, id, kind]) => {
    const server = await start();
    const peer = await join(server);
    peer.send(message);
    const answer = await peer.next();
    expect(answer).toMatchObject({ jsonrpc: '2.0', id, error: { data: { kind, hint: expect.any(String) } } });
    expect(server.rpc.counters.refused[kind as 'invalidRequest']).toBe(1);
    expect(await peer.call(2, 'ping')).toMatchObject({ id: 2, result: {} });
  });

  it.each([
    ['no JSON', Buffer.from('{"jsonrpc":')],
    ['nothing', Buffer.alloc(0)],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['deep nesting', Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`)],
  ])('answers a body with %s, and goes on', async (_, body) => {
    const server = await start();
    const peer = await join(server);
    peer.sendRaw(`Content-Length: ${body.length}\r\n\r\n`);
    peer.sendRaw(body);
    expect(await peer.next()).toMatchObject({
      id: null,
      error: { code: -32700, data: { kind: 'parseError' } },
    });
    expect(await peer.call(2, 'ping')).toMatchObject({ id: 2, result: {} });
  });

  it('ends a connection whose bytes are no frames, with one error', async () => {
    const server = await start();
    const peer = await join(server);
    const [connection] = server.rpc.connections;
    peer.sendRaw(`GET / HTTP/1.1\r\n\r\n${encodeFrame(request({})).text.repeat(3)}`);
    expect(await peer.next()).toMatchObject({ id: null, error: { data: { kind: 'parseError' } } });
    expect(await peer.next()).toBeUndefined();
    expect(server.rpc.counters.unframeable).toBe(1);
    await connection?.closed;
    expect(server.rpc.connections.size).toBe(0);
  });

  it('drops answers nobody asked for and notifications it does not know', async () => {
    const server = await start();
    const peer = await join(server);
    peer.send({ jsonrpc: '2.0', id: 1, result: {} });
    peer.send({ jsonrpc: '2.0', id: null, error: { code: 1, message: '' } });
    peer.send({ jsonrpc: '2.0', method: '$/setTrace', params: { value: 'verbose' } });
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 99 } });
    expect(await peer.call(2, 'ping')).toMatchObject({ id: 2, result: {} });
    expect(server.rpc.counters.dropped).toBe(4);
  });
});

describe('requests in flight', () => {
  const waiting = (): { open: () => void; handlers: { wait: () => Promise<object> } } => {
    let open = (): void => {};
    const opened = new Promise<object>((resolve) => (open = () => resolve({ waited: true })));
    return { open, handlers: { wait: () => opened } };
  };

  it('refuses an id that is in flight without taking the first answer away, and keeps 1 apart from "1"', async () => {
    const { open, handlers } = waiting();
    const peer = await join(await start(handlers));
    peer.send(request({ id: 1, method: 'wait' }));
    expect(await peer.call(1, 'wait')).toMatchObject({
      id: null,
      error: { data: { kind: 'invalidRequest' } },
    });
    peer.send(request({ id: '1', method: 'wait' }));
    expect(await peer.call('x', 'ping')).toMatchObject({ id: 'x' });
    open();
    expect([await peer.next(), await peer.next()]).toMatchObject([
      { id: 1, result: { waited: true } },
      { id: '1', result: { waited: true } },
    ]);
    expect(await peer.call(1, 'ping')).toMatchObject({ id: 1, result: {} });
  });

  it('refuses the 257th, and takes more once some are answered', async () => {
    const { open, handlers } = waiting();
    const peer = await join(await start(handlers));
    for (let id = 0; id < 256; id++) peer.send(request({ id, method: 'wait' }));
    expect(await peer.call('more', 'ping')).toMatchObject({
      id: 'more',
      error: { data: { kind: 'tooManyRequests' } },
    });
    open();
    for (let id = 0; id < 256; id++) expect(await peer.next()).toMatchObject({ id });
    expect(await peer.call('more', 'ping')).toMatchObject({ id: 'more', result: {} });
  });
});

describe('cancelling', () => {
  const obedient = (_: object, { signal }: CallContext): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
    });

  it('aborts the signal and answers cancelled', async () => {
    const peer = await join(await start({ wait: obedient }));
    peer.send(request({ id: 'a', method: 'wait' }));
    await peer.call('b', 'ping');
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'a' } });
    expect(await peer.next()).toMatchObject({
      id: 'a',
      error: { code: -32800, data: { kind: 'cancelled' } },
    });
  });

  it('does not begin a call that was cancelled in the same breath', async () => {
    let begun = 0;
    const peer = await join(await start({ count: () => ({ begun: ++begun }) }));
    peer.sendRaw(
      encodeFrame(request({ method: 'count' })).text +
        encodeFrame({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } }).text,
    );
    expect(await peer.next()).toMatchObject({ id: 1, error: { data: { kind: 'cancelled' } } });
    expect(begun).toBe(0);
  });

  it('answers the result of what was done all the same', async () => {
    let done = (): void => {};
    const work = new Promise<object>((resolve) => (done = () => resolve({ done: true })));
    const peer = await join(await start({ work: () => work }));
    peer.send(request({ method: 'work' }));
    await peer.call('a', 'ping');
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    await peer.call('b', 'ping');
    done();
    expect(await peer.next()).toMatchObject({ id: 1, result: { done: true } });
  });

  it('aborts what is in flight when the client leaves', async () => {
    const ended: Promise<unknown>[] = [];
    const server = await start({
      wait: (params: object, context: CallContext) => {
        const call = obedient(params, context);
        ended.push(call.catch(() => context.signal.reason as unknown));
        return call;
      },
    });
    const peer = await join(server);
    peer.send(request({ method: 'wait' }));
    await peer.call('b', 'ping');
    await peer.close();
    expect(await ended[0]).toMatchObject({ kind: 'cancelled' });
  });
});

describe('a client that does not read', () => {
  const outbound = { ...defaultWriterLimits, pressureBytes: 64 * 1024, overflowBytes: 512 * 1024 };
  const limits = { ...defaultRpcLimits, outbound, partingMs: 50 };
  const text = 'x'.repeat(20_000);

  it('is told of as pressure, then as drained', async () => {
    const server = await start({}, { limits });
    const peer = await join(server);
    const [connection] = server.rpc.connections;
    if (connection === undefined) throw new Error('no connection');
    peer.socket.pause();
    while (!connection.outbound.pressure()) expect(connection.notify('event/published', { text })).toBe(true);
    expect(connection.outbound.queuedBytes).toBeGreaterThanOrEqual(64 * 1024);
    const drained = new Promise<void>((resolve) => connection.outbound.onDrained(resolve));
    peer.socket.resume();
    await drained;
    expect(connection.outbound.pressure()).toBe(false);
  });

  it('is let go at the limit, told so, and notify stays quiet', async () => {
    const server = await start({}, { limits });
    const peer = await join(server);
    const [connection] = server.rpc.connections;
    if (connection === undefined) throw new Error('no connection');
    peer.socket.pause();
    while (connection.notify('event/published', { text }));
    expect(connection.state).toBe('parting');
    peer.socket.resume();
    let last = await peer.next();
    for (let message = last; message !== undefined; message = await peer.next()) last = message;
    expect(last).toMatchObject({ id: null, error: { data: { kind: 'slowReader' } } });
    await connection.closed;
    expect(connection.notify('event/published', { text })).toBe(false);
  });

  it('is ended when it never reads again', async () => {
    const server = await start({}, { limits });
    const peer = await join(server);
    const [connection] = server.rpc.connections;
    if (connection === undefined) throw new Error('no connection');
    peer.socket.pause();
    while (connection.notify('event/published', { text }));
    await connection.closed;
    expect(server.rpc.connections.size).toBe(0);
  });

  it('is not read either while its answers wait, and gets them all once it reads', async () => {
    let begun = 0;
    const server = await start({ big: () => ({ begun: ++begun, text }) }, { limits });
    const peer = await join(server);
    const other = await join(server);
    peer.socket.pause();
    const many = 250;
    for (let id = 0; id < many; id++) peer.send(request({ id, method: 'big' }));
    const [connection] = server.rpc.connections;
    while (connection?.outbound.pressure() !== true) await other.call(1, 'ping');
    for (let round = 0; round < 300; round++) await other.call(1, 'ping');
    expect(begun).toBeLessThan(many);
    expect(connection.state).toBe('ready');
    peer.socket.resume();
    const ids = [];
    while (ids.length < many) ids.push((await peer.next())?.id);
    expect(ids).toEqual(Array.from({ length: many }, (_, id) => id));
  });
});

describe('answers', () => {
  it('over the limit become limitReached, and unwritable ones an incident', async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const outbound = { ...defaultWriterLimits, bodyBytes: 1000 };
    const server = await start(
      { long: () => ({ text: 'x'.repeat(2000) }), circle: () => circle },
      { limits: { outbound } },
    );
    const peer = await join(server);
    expect(await peer.call(1, 'long')).toMatchObject({ id: 1, error: { data: { kind: 'limitReached' } } });
    const answer = await peer.call(2, 'circle');
    expect(answer).toMatchObject({ id: 2, error: { data: { kind: 'internalError' } } });
    expect(answer?.error?.data.details['incident']).toBe(server.incidents[0]?.id);
    expect(await peer.call(3, 'ping')).toMatchObject({ id: 3, result: {} });
  });
});

describe('greeting', () => {
  it('refuses everything before initialize, ping and unknown methods too', async () => {
    const server = await start();
    const peer = await RawPeer.connect(server.path);
    held.push({ stop: () => peer.close() });
    for (const method of ['ping', 'no/such', 'toString']) {
      expect(await peer.call(1, method)).toMatchObject({
        error: { data: { kind: 'notInitialized', details: { method } } },
      });
    }
    expect(await peer.call(2, 'initialize')).toMatchObject({ result: {} });
    expect(await peer.call(3, 'ping')).toMatchObject({ result: {} });
    expect(await peer.call(4, 'initialize')).toMatchObject({ error: { data: { kind: 'invalidRequest' } } });
    expect(await peer.call(5, 'toString')).toMatchObject({ error: { data: { kind: 'methodNotFound' } } });
  });

  it('ends a connection that does not greet in time', async () => {
    const server = await start({}, { limits: { helloMs: 30 } });
    const peer = await RawPeer.connect(server.path);
    held.push({ stop: () => peer.close() });
    expect(await peer.next()).toMatchObject({ id: null, error: { data: { kind: 'invalidRequest' } } });
    expect(await peer.next()).toBeUndefined();
  });

  it('turns away the client over the limit and takes one again when another has gone', async () => {
    const server = await start({}, { maxConnections: 1 });
    const first = await join(server);
    const second = await RawPeer.connect(server.path);
    held.push({ stop: () => second.close() });
    expect(await second.next()).toMatchObject({ id: null, error: { data: { kind: 'limitReached' } } });
    const [connection] = server.rpc.connections;
    await first.close();
    await connection?.closed;
    expect(await (await join(server)).call(1, 'ping')).toMatchObject({ result: {} });
  });
});

describe('closing the server', () => {
  it('lets calls end, refuses new ones, sends what is answered, and turns new clients away', async () => {
    let finish = (): void => {};
    const last = new Promise<object>((resolve) => (finish = () => resolve({ last: true })));
    const server = await start({
      last: () => last,
      wait: (_: object, { signal }: CallContext) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
        }),
    });
    const peer = await join(server);
    peer.send(request({ id: 'last', method: 'last' }));
    peer.send(request({ id: 'wait', method: 'wait' }));
    await peer.call('ping', 'ping');
    const closing = server.rpc.close({ graceMs: 5000 });
    expect(await peer.next()).toMatchObject({ id: 'wait', error: { data: { kind: 'shuttingDown' } } });
    expect(await peer.call('late', 'ping')).toMatchObject({ error: { data: { kind: 'shuttingDown' } } });
    const late = await RawPeer.connect(server.path);
    expect(await late.next()).toMatchObject({ error: { data: { kind: 'shuttingDown' } } });
    finish();
    expect(await peer.next()).toMatchObject({ id: 'last', result: { last: true } });
    expect(await peer.next()).toBeUndefined();
    await closing;
    await late.close();
  });

  it('does not wait past the grace', async () => {
    const server = await start({ never: () => new Promise(() => {}) });
    const peer = await join(server);
    peer.send(request({ method: 'never' }));
    await peer.call('b', 'ping');
    await server.rpc.close({ graceMs: 20 });
    expect(server.rpc.connections.size).toBe(0);
  });
});

it('takes nothing amiss when a client leaves in the middle of a frame', async () => {
  const server = await start();
  const socket = connect(server.path);
  await once(socket, 'connect');
  socket.write('Content-Length: 100\r\n\r\n{');
  socket.destroy();
  expect(await (await join(server)).call(1, 'ping')).toMatchObject({ result: {} });
});
