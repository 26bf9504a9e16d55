import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../daemon/rpc/call.js';
import { encodeFrame } from '../../protocol/wire/frames.js';
import { openConnection } from '../support/rpc/client.js';
import { visits, type Visit } from '../support/rpc/hostile.js';
import { RawPeer } from '../support/rpc/peer.js';
import { startServer, type TestServer } from '../support/rpc/server.js';

const wantedFrames = 100_000;
const hostileAtOnce = 16;
/** No ping of the good client may take longer: far over any pause of a busy machine, far under a stall. */
const stallMs = 5_000;
const seed = 20_261_121;

let server: TestServer;
const open = new Set<Socket>();
const track = (socket: Socket): Socket => {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  socket.on('error', () => {});
  return socket;
};

beforeEach(async () => {
  server = await startServer({
    big: () => ({ text: 'x'.repeat(16_384) }),
    wait: (_: object, { signal }: CallContext) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
      }),
  });
});
afterEach(async () => {
  const closed = [...open].map((socket) => once(socket, 'close'));
  for (const socket of open) socket.destroy();
  await Promise.all(closed);
  await server.stop();
});

/** Pings without a pause until told to stop; fails on the first that is not answered. */
function pingThroughout(): { stop(): Promise<number> } {
  const state = { stopped: false, answered: 0 };
  const pinging = (async () => {
    await using good = await openConnection(server.path);
    while (!state.stopped) {
      await good.request('ping', {}, { signal: AbortSignal.timeout(stallMs) });
      state.answered += 1;
      await turn();
    }
  })();
  pinging.catch(() => {});
  return {
    async stop() {
      state.stopped = true;
      await pinging;
      return state.answered;
    },
  };
}

/** Writes as the visit cuts, and says what became of it. */
async function pay({ greets, frames, cuts }: Visit): Promise<'answered' | 'told and ended' | 'left'> {
  const peer = greets ? await RawPeer.greeted(server.path) : await RawPeer.connect(server.path);
  track(peer.socket);
  const fate = frames.at(-1)?.fate ?? 'survives';
  const end = fate === 'survives' ? encodeFrame({ jsonrpc: '2.0', id: 'the last', method: 'ping' }).text : '';
  let bytes = Buffer.concat([...frames.map((frame) => frame.bytes), Buffer.from(end)]);
  for (const size of cuts) {
    peer.sendRaw(bytes.subarray(0, size));
    bytes = bytes.subarray(size);
    await turn();
  }
  peer.sendRaw(bytes);
  if (fate === 'hangs') {
    await peer.close();
    return 'left';
  }
  let previous: Awaited<ReturnType<RawPeer['next']>>;
  for (;;) {
    const message = await peer.next();
    if (fate === 'survives' && message?.id === 'the last') break;
    if (message === undefined) {
      if (fate === 'ends' && previous?.error?.data.kind === 'parseError') return 'told and ended';
      throw new Error(
        `the daemon ended a connection that had a right to live, after ${JSON.stringify(previous)}`,
      );
    }
    previous = message;
  }
  await peer.close();
  return 'answered';
}

describe('hostile clients', () => {
  it(`send ${wantedFrames} frames, and nobody else notices`, async () => {
    const pinging = pingThroughout();
    const before = process.memoryUsage().rss;
    const outcomes = { answered: 0, 'told and ended': 0, left: 0 };
    const sent = { frames: 0, rounds: 0 };
    let peak = before;
    while (sent.frames < wantedFrames) {
      const queue = fc.sample(visits, { seed: seed + sent.rounds++, numRuns: 200 });
      await Promise.all(
        Array.from({ length: hostileAtOnce }, async () => {
          for (let visit = queue.pop(); visit !== undefined; visit = queue.pop()) {
            outcomes[await pay(visit)] += 1;
            sent.frames += visit.frames.length;
          }
        }),
      );
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    const answered = await pinging.stop();
    expect(answered).toBeGreaterThan(100);
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(100);
    expect(server.rpc.counters.unframeable).toBe(outcomes['told and ended']);
    const { refused, dropped } = server.rpc.counters;
    expect(
      Math.min(refused.parseError, refused.invalidRequest, refused.invalidParams, dropped),
    ).toBeGreaterThan(100);
    expect(server.incidents).toEqual([]);
    expect(peak - before).toBeLessThan(400 * 1024 * 1024);
    await Promise.all([...server.rpc.connections].map((connection) => connection.closed));
  });

  it('announce 8 MiB and send a byte, two hundred at once, and hold no memory with it', async () => {
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 200; n++) {
      const peer = await RawPeer.greeted(server.path);
      track(peer.socket).write('Content-Length: 8388608\r\n\r\n{');
    }
    const pinging = pingThroughout();
    for (let n = 0; n < 100; n++) await turn();
    expect(await pinging.stop()).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('ask without end and never read, and are held at what they may have waiting', async () => {
    const asks = encodeFrame({ jsonrpc: '2.0', id: 1, method: 'big' }).text;
    const cheap = encodeFrame({ jsonrpc: '2.0', id: 1, method: 'no/such' }).text;
    const pinging = pingThroughout();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 20; n++) {
      const peer = await RawPeer.greeted(server.path);
      track(peer.socket).pause();
      const one = n % 2 === 0 ? asks : cheap;
      peer.sendRaw(
        Array.from({ length: 5_000 }, (_, id) => one.replace('"id":1', `"id":${id % 9}`)).join(''),
      );
    }
    const pressed = (): number =>
      [...server.rpc.connections].filter(({ outbound }) => outbound.pressure()).length;
    while (pressed() < 10) await turn();
    for (let n = 0; n < 1_000; n++) await turn();
    const waiting = [...server.rpc.connections].map(({ outbound }) => outbound.queuedBytes);
    expect(Math.max(...waiting)).toBeLessThan(8 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
    expect(await pinging.stop()).toBeGreaterThan(100);
  });

  it('flood from one connection while another is answered between', async () => {
    const flood = track(connect(server.path));
    await once(flood, 'connect');
    const pinging = pingThroughout();
    const frames = encodeFrame({ jsonrpc: '2.0', method: 'x' }).text.repeat(20_000);
    for (let n = 0; n < 5; n++) flood.write(frames);
    while (server.rpc.counters.dropped < 100_000) await turn();
    expect(await pinging.stop()).toBeGreaterThan(100);
  });
});
