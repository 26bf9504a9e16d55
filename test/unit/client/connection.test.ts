import { once } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientConnection, type Notification } from '../../../client/connection.js';
import { Link } from '../../../client/link.js';
import { openConnection, openLinkTo } from '../../support/rpc/client.js';
import { socketPair } from '../../support/rpc/place.js';
import { startZone, type FakeZone } from '../../support/rpc/zone.js';
import { encodeFrame } from '../../../protocol/wire/frames.js';

let zone: FakeZone;
const held: { close(): Promise<void> }[] = [];
const open = async (): Promise<ClientConnection> => {
  const connection = await openConnection(zone.server.path);
  held.push(connection);
  return connection;
};
const hold = <T extends { close(): Promise<void> }>(item: T): T => {
  held.push(item);
  return item;
};
beforeEach(async () => {
  zone = await startZone();
});
afterEach(async () => {
  for (const item of held.splice(0)) await item.close();
  await zone.server.stop();
});

/** Resolves once so many ms have passed, and what came in meanwhile was heard: a machine that stands still is no delay. */
async function overdue(ms: number): Promise<'too late'> {
  await sleep(ms);
  for (let n = 0; n < 10; n++) await turn();
  return 'too late';
}

describe('ClientConnection', () => {
  it('matches answers to calls, many at once', async () => {
    const connection = await open();
    const wanted = Array.from({ length: 200 }, (_, n) => ({ n, text: 'é'.repeat(n) }));
    expect(await Promise.all(wanted.map((params) => connection.request('echo', params)))).toEqual(wanted);
  });

  it('rejects with the error of the daemon, typed by kind', async () => {
    const connection = await open();
    await expect(connection.request('no/such', {})).rejects.toMatchObject({
      name: 'KhloneError',
      kind: 'methodNotFound',
      code: -32601,
      details: { method: 'no/such' },
      hint: expect.stringContaining('khlone schema'),
    });
  });

  it('rejects at once on abort, and tells the daemon', async () => {
    const connection = await open();
    const stop = new AbortController();
    const call = connection.request('wait', {}, { signal: stop.signal });
    await connection.request('ping', {});
    stop.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({ kind: 'cancelled', cause: new Error('enough') });
    while (zone.calls.get('wait aborted') !== 1) await connection.request('ping', {});
    await expect(connection.request('ping', {}, { signal: stop.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });

  it('rejects everything that is pending within 100 ms of a lost connection', async () => {
    const connection = await open();
    const calls = Array.from({ length: 100 }, () => connection.request('wait', {}));
    const settled = Promise.allSettled(calls);
    await connection.request('ping', {});
    zone.drop();
    const first = await Promise.race([settled, overdue(100)]);
    expect(first).not.toBe('too late');
    for (const outcome of await settled)
      expect(outcome).toMatchObject({ reason: { kind: 'connectionLost' } });
    await expect(connection.request('ping', {})).rejects.toMatchObject({ kind: 'connectionLost' });
    expect(connection.open).toBe(false);
  });

  it('has ended once a call finds its socket gone, so that whoever calls again at once finds another', async () => {
    const pair = await socketPair();
    const connection = hold(new ClientConnection(pair.near));
    let ended = false;
    connection.onEnd(() => (ended = true));
    pair.near.destroy();
    const call = connection.request('ping', {});
    expect(ended).toBe(true);
    await expect(call).rejects.toMatchObject({ kind: 'connectionLost' });
    await pair.remove();
  });

  it('rejects what is pending when the daemon sends bytes that are no frames', async () => {
    const pair = await socketPair();
    const connection = hold(new ClientConnection(pair.near));
    const call = connection.request('ping', {});
    pair.far.write('garbage\r\n\r\n');
    await expect(call).rejects.toMatchObject({ kind: 'connectionLost' });
    await pair.remove();
  });

  it('keeps what the daemon said of the connection as the cause', async () => {
    const pair = await socketPair();
    const connection = hold(new ClientConnection(pair.near));
    const call = connection.request('ping', {});
    const error = {
      code: -32057,
      message: 'slow',
      data: { kind: 'slowReader', retryable: true, hint: '', details: {} },
    };
    pair.far.end(encodeFrame({ jsonrpc: '2.0', id: null, error }).text);
    await expect(call).rejects.toMatchObject({ kind: 'connectionLost', cause: { kind: 'slowReader' } });
    await pair.remove();
  });

  it('takes every answer that came before the end', async () => {
    const pair = await socketPair();
    const connection = hold(new ClientConnection(pair.near));
    const calls = Array.from({ length: 500 }, () => connection.request('ping', {}));
    await once(pair.far, 'data');
    pair.far.end(calls.map((_, n) => encodeFrame({ jsonrpc: '2.0', id: n + 1, result: n }).text).join(''));
    expect(await Promise.all(calls)).toEqual(calls.map((_, n) => n));
    await pair.remove();
  });

  it('hands on notifications until told not to', async () => {
    const connection = await open();
    const heard: Notification[] = [];
    const listening = connection.onNotification((notification) => heard.push(notification));
    await connection.request('event/subscribe', { from: 'tail' });
    zone.publish();
    await connection.request('ping', {});
    listening.dispose();
    zone.publish();
    await connection.request('ping', {});
    expect(heard).toMatchObject([{ method: 'event/published', params: { subscription: 's_1' } }]);
  });

  it('refuses a request over the limit without losing the connection', async () => {
    const connection = await open();
    await expect(connection.request('echo', { text: 'x'.repeat(9_000_000) })).rejects.toMatchObject({
      kind: 'limitReached',
    });
    expect(await connection.request('ping', {})).toMatchObject({ at: expect.any(String) });
  });
});

describe('Link', () => {
  it('makes one connection for many first calls, and a new one after a loss', async () => {
    const link = hold(openLinkTo(zone.server.path));
    await Promise.all([1, 2, 3].map((n) => link.call('echo', { n })));
    expect(zone.server.rpc.connections.size).toBe(1);
    const before = await link.connection();
    zone.drop();
    await before.closed;
    expect(await link.call('echo', { n: 4 })).toEqual({ n: 4 });
    expect(await link.connection()).not.toBe(before);
  });

  it('never sends a pending call again', async () => {
    const link = hold(openLinkTo(zone.server.path));
    const call = link.call('wait', {});
    await link.call('ping', {});
    zone.drop();
    await expect(call).rejects.toMatchObject({ kind: 'connectionLost', retryable: true });
    await link.call('ping', {});
    expect(zone.calls.get('wait')).toBe(1);
  });

  it('rejects a caller that aborts while connecting, and not the others', async () => {
    let connected = (): void => {};
    const gate = new Promise<void>((resolve) => (connected = resolve));
    const link = hold(
      new Link(async () => {
        await gate;
        return openConnection(zone.server.path);
      }),
    );
    const stop = new AbortController();
    const first = link.call('ping', {}, { signal: stop.signal });
    const second = link.call('ping', {});
    stop.abort();
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
    connected();
    expect(await second).toMatchObject({ at: expect.any(String) });
  });

  it('tries again after a failure to connect', async () => {
    let failures = 1;
    const link = hold(
      new Link(() =>
        failures-- > 0 ? Promise.reject(new Error('not yet')) : openConnection(zone.server.path),
      ),
    );
    await expect(link.call('ping', {})).rejects.toThrow('not yet');
    expect(await link.call('ping', {})).toMatchObject({ at: expect.any(String) });
  });

  it('refuses calls once it is closed', async () => {
    const link = openLinkTo(zone.server.path);
    const pending = Promise.allSettled([link.call('wait', {})]);
    await link.call('ping', {});
    await link.close();
    expect(await pending).toMatchObject([{ reason: { kind: 'cancelled' } }]);
    await expect(link.call('ping', {})).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('does not keep a connection that came after it was closed', async () => {
    let connected = (): void => {};
    const gate = new Promise<void>((resolve) => (connected = resolve));
    const link = new Link(async () => {
      await gate;
      return openConnection(zone.server.path);
    });
    const call = link.call('ping', {});
    await link.close();
    connected();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    const last = [...zone.server.rpc.connections];
    await Promise.all(last.map((connection) => connection.closed));
  });
});
