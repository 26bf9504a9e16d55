import { afterEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import type { Handler, MethodSpec } from '../../../../daemon/rpc/dispatch.js';
import { defaultRpcLimits, type RpcLimits } from '../../../../daemon/rpc/limits.js';
import { fail } from '../../../../protocol/fail.js';
import { defaultWriterLimits } from '../../../../protocol/wire/writer.js';
import { RawPeer } from '../../../support/rpc/peer.js';
import { startServer, type TestServer } from '../../../support/rpc/server.js';

const held: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of held.splice(0).reverse()) await one.stop();
});

const express: MethodSpec = {
  beforeInitialize: false,
  express: true,
  parseParams: (value) => ({ ok: true, value }),
};

/** A server whose handlers named here are all of the express lane, beside an ordinary `ping`. */
async function start(
  handlers: Record<string, Handler>,
  limits: Partial<RpcLimits> = {},
): Promise<TestServer & { readonly peer: RawPeer }> {
  const specs = Object.fromEntries(Object.keys(handlers).map((name) => [name, express]));
  const server = await startServer(handlers, { specs, limits });
  held.push(server);
  const peer = await RawPeer.greeted(server.path);
  held.push({ stop: () => peer.close() });
  return { ...server, peer };
}

const request = (rest: object): object => ({ jsonrpc: '2.0', id: 1, method: 'key', ...rest });

/** A handler that ends when it is told to, and says with what. */
const untilTold: Handler = (_: object, { signal }: CallContext) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
  });

describe('a call of the express lane', () => {
  it('is answered before anything else has its turn, ahead of ordinary calls that came first', async () => {
    const order: string[] = [];
    const { peer } = await start({
      key: async () => {
        setImmediate(() => order.push('the next turn'));
        return {};
      },
      tell: async (_: object, context: CallContext) => {
        context.afterAnswer(() => order.push('answered'));
        return {};
      },
    });
    peer.send(request({ id: 'slow', method: 'ping' }));
    peer.send(request({ id: 'key' }));
    peer.send(request({ id: 'tell', method: 'tell' }));
    expect(await peer.next()).toMatchObject({ id: 'key' });
    expect(await peer.next()).toMatchObject({ id: 'tell' });
    expect(await peer.next()).toMatchObject({ id: 'slow' });
    expect(order).toEqual(['answered', 'the next turn']);
  });

  it('keeps the order of the calls, and hands the result over as it is', async () => {
    const { peer } = await start({ key: async ({ n }: { n: number }) => (n === 0 ? undefined : { n }) });
    for (const n of [0, 1, 2]) peer.send(request({ id: n, params: { n } }));
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 0, result: null });
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 1, result: { n: 1 } });
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 2, result: { n: 2 } });
  });

  it('sends what a handler keeps for afterwards behind the answer, in either lane', async () => {
    const tell: Handler = (_: object, context: CallContext) => {
      context.afterAnswer((sent) => context.connection.notify('after', { sent }));
      return {};
    };
    const server = await startServer({ fast: tell, plain: tell }, { specs: { fast: express } });
    held.push(server);
    const peer = await RawPeer.greeted(server.path);
    held.push({ stop: () => peer.close() });
    for (const method of ['fast', 'plain']) {
      expect(await peer.call(method, method)).toMatchObject({ id: method, result: {} });
      expect(await peer.next()).toMatchObject({ method: 'after', params: { sent: true } });
    }
  });

  it('says afterwards that its answer was too long to be sent', async () => {
    const heard: boolean[] = [];
    const { peer } = await start(
      {
        key: (_: object, context: CallContext) => {
          context.afterAnswer((sent) => heard.push(sent));
          return { text: 'x'.repeat(2000) };
        },
      },
      { outbound: { ...defaultWriterLimits, bodyBytes: 1000 } },
    );
    expect(await peer.call(1, 'key')).toMatchObject({ error: { data: { kind: 'limitReached' } } });
    expect(heard).toEqual([false]);
  });

  it('is refused before initialize, and taken in order by a client that does not wait for its greeting', async () => {
    const { path } = await start({ key: () => ({}) });
    const peer = await RawPeer.connect(path);
    held.push({ stop: () => peer.close() });
    expect(await peer.call(1, 'key')).toMatchObject({ error: { data: { kind: 'notInitialized' } } });
    peer.send(request({ id: 'hello', method: 'initialize', params: {} }));
    peer.send(request({ id: 'key' }));
    expect(await peer.next()).toMatchObject({ id: 'hello', result: {} });
    expect(await peer.next()).toMatchObject({ id: 'key', result: {} });
  });

  it('passes errors of the registry as they are, and no other', async () => {
    const { peer, incidents } = await start({
      known: () => {
        throw fail('streamNotFound', { stream: 'x_1' });
      },
      unknown: () => {
        throw new Error('a secret path /home/me');
      },
      odd: () => ({ big: 1n }),
    });
    expect(await peer.call(1, 'known')).toMatchObject({
      error: { code: -32062, data: { kind: 'streamNotFound', details: { stream: 'x_1' } } },
    });
    for (const method of ['unknown', 'odd']) {
      const answer = await peer.call(method, method);
      expect(answer).toMatchObject({ id: method, error: { data: { kind: 'internalError' } } });
      expect(JSON.stringify(answer)).not.toMatch(/secret|stack| at |BigInt/);
      expect(incidents.at(-1)).toMatchObject({ id: answer?.error?.data.details['incident'] });
    }
  });

  it('refuses an id that is in flight in the other lane, and keeps 1 apart from "1"', async () => {
    const { peer } = await start({ key: untilTold });
    peer.send(request({ id: 1 }));
    expect(await peer.call(1, 'ping')).toMatchObject({
      id: null,
      error: { data: { kind: 'invalidRequest' } },
    });
    expect(await peer.call('1', 'ping')).toMatchObject({ id: '1', result: {} });
  });

  it('counts among the requests in flight', async () => {
    const { peer } = await start({ key: untilTold }, { ...defaultRpcLimits, inFlight: 2 });
    peer.send(request({ id: 1 }));
    peer.send(request({ id: 2 }));
    expect(await peer.call(3, 'key')).toMatchObject({ id: 3, error: { data: { kind: 'tooManyRequests' } } });
  });

  it('hears that the client withdraws it, leaves the others alone, and forgets it', async () => {
    const { peer, rpc } = await start({ key: untilTold });
    for (const id of ['a', 'b']) peer.send(request({ id }));
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'b' } });
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'b' } });
    expect(await peer.next()).toMatchObject({ id: 'b', error: { data: { kind: 'cancelled' } } });
    const [connection] = rpc.connections;
    expect(connection?.inFlight).toBe(1);
    expect(rpc.counters.dropped).toBe(1);
  });

  it('hears that its client has gone', async () => {
    let gone: (() => void) | undefined;
    const told = new Promise<void>((resolve) => (gone = resolve));
    const { peer } = await start({
      key: (_: object, { signal }: CallContext) => {
        signal.addEventListener('abort', () => gone?.(), { once: true });
        return new Promise(() => {});
      },
    });
    peer.send(request({}));
    await peer.call('ping', 'ping');
    await peer.close();
    await expect(told).resolves.toBeUndefined();
  });

  it('is told that the daemon stops, and none begins after that', async () => {
    const { peer, rpc } = await start({ key: untilTold });
    peer.send(request({ id: 'a' }));
    await peer.call('ping', 'ping');
    const closing = rpc.close({ graceMs: 5000 });
    expect(await peer.next()).toMatchObject({ id: 'a', error: { data: { kind: 'shuttingDown' } } });
    await closing;
  });

  it('waits like any other while the client does not read', async () => {
    let runs = 0;
    const { peer } = await start(
      {
        key: () => {
          runs += 1;
          return { text: 'x'.repeat(100_000) };
        },
      },
      { outbound: { ...defaultWriterLimits, pressureBytes: 50_000 } },
    );
    peer.socket.pause();
    const count = 200;
    for (let id = 0; id < count; id++) peer.send(request({ id }));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    // Those of the first read have begun before the first answer went out.
    expect(runs).toBeLessThan(100);
    peer.socket.resume();
    for (let id = 0; id < count; id++) expect(await peer.next()).toMatchObject({ id });
  });
});
