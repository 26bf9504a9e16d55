import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateZone, reachDaemon } from '../../client/autostart.js';
import { ClientConnection } from '../../client/connection.js';
import type { Khlone, Stream, StreamPiece } from '../../client/index.js';
import type { AttachParams, StreamOptions } from '../../client/streams/options.js';
import { Link } from '../../client/link.js';
import { Streams } from '../../client/streams/streams.js';
import { daemonProgram, DaemonZone } from '../support/daemon.js';
import { LaneSockets } from '../support/laneSockets.js';
import { goneWithin } from '../support/processes.js';
import { Random } from '../support/random.js';

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});

/** Has all streams go one way, unless they say otherwise. */
function goBy(lane: boolean): void {
  const { stream } = khlone;
  const attach = stream.attach.bind(stream) as (params: AttachParams, options?: StreamOptions) => never;
  stream.attach = (params: AttachParams, options?: StreamOptions) => attach({ lane, ...params }, options);
}

afterEach(async () => {
  await zone[Symbol.asyncDispose]();
});

const enrol = async (...command: string[]): Promise<string> => {
  const { name } = await khlone.clone.enroll({ role: 'shell', brain: 'command', command });
  return name;
};

const rawCat = ['sh', '-c', 'stty raw -echo; printf ready; exec cat'];

/** Reads on until what came as data or screens, all together, matches. */
async function until(stream: Stream, wanted: string | RegExp): Promise<string> {
  let read = '';
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) throw new Error(`it ended after ${JSON.stringify(read)}`);
    if (value.type === 'data') read += value.data;
    if (value.type === 'snapshot') read += value.snapshot.data;
    if (typeof wanted === 'string' ? read.includes(wanted) : wanted.test(read)) return read;
  }
}

async function nextOf<T extends StreamPiece<string>['type']>(
  stream: Stream,
  type: T,
): Promise<StreamPiece<string> & { type: T }> {
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) throw new Error(`it ended before a piece ${type}`);
    if (value.type === type) return value as StreamPiece<string> & { type: T };
  }
}

describe.each([
  ['by a lane', true],
  ['by the daemon', false],
])('a stream of a real terminal, %s', (_way, lane) => {
  beforeEach(() => goBy(lane));

  it('echoes what is typed, to the talker and to watchers', async () => {
    const who = await enrol(...rawCat);
    await using talker = await khlone.stream.attach({ who, mode: 'talk', cols: 80, rows: 24 });
    await until(talker, 'ready');
    await using watcher = await khlone.stream.attach({ who, mode: 'watch' });
    await talker.write('héllo');
    await until(talker, 'héllo');
    expect(await until(watcher, 'héllo')).toContain('ready');
    await expect(watcher.write('x')).rejects.toMatchObject({ kind: 'streamReadOnly' });
    await expect(watcher.resize({ cols: 10, rows: 10 })).rejects.toMatchObject({ kind: 'streamReadOnly' });
  });

  it('types a large text whole, and bytes of every value', async () => {
    const who = await enrol(
      'sh',
      '-c',
      'stty raw -echo; printf ready; head -c 1000000 | sha256sum; exec cat',
    );
    await using stream = await khlone.stream.attach({
      who,
      mode: 'talk',
      encoding: 'base64',
      queries: 'daemon',
    });
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => (n * 7 + (n >> 8)) % 256));
    let read = '';
    for await (const piece of stream) {
      if (piece.type === 'snapshot') read += piece.snapshot.data;
      if (piece.type === 'data') read += piece.data.toString('latin1');
      if (read.includes('ready')) break;
    }
    expect(stream.offset).toBeGreaterThan(0);
    await using again = await khlone.stream.attach({ who, mode: 'talk', encoding: 'base64' });
    const written = again.write(bytes);
    const wanted = createHash('sha256').update(bytes).digest('hex');
    let answer = '';
    for await (const piece of again) {
      if (piece.type === 'data') answer += piece.data.toString('latin1');
      if (/[0-9a-f]{64}/.test(answer)) break;
    }
    expect(answer).toContain(wanted);
    await written;
  });

  it('tells every viewer the size the talker sets', async () => {
    const who = await enrol(...rawCat);
    await using talker = await khlone.stream.attach({ who, mode: 'talk', cols: 80, rows: 24 });
    await until(talker, 'ready');
    await using watcher = await khlone.stream.attach({ who, mode: 'watch', cols: 10, rows: 10 });
    expect(watcher).toMatchObject({ cols: 80, rows: 24 });
    await talker.resize({ cols: 132, rows: 50 });
    expect(await nextOf(watcher, 'resized')).toMatchObject({ cols: 132, rows: 50 });
    expect(watcher).toMatchObject({ cols: 132, rows: 50 });
    await expect(talker.resize({ cols: 0, rows: 100_000 })).rejects.toMatchObject({ kind: 'invalidParams' });
    await talker.write('still there');
    await until(talker, 'still there');
  });

  it('gives the talker way to one who takes over, and refuses one who does not say so', async () => {
    const who = await enrol(...rawCat);
    await using first = await khlone.stream.attach({ who, mode: 'talk' });
    await expect(khlone.stream.attach({ who, mode: 'talk' })).rejects.toMatchObject({ kind: 'streamTaken' });
    await using second = await khlone.stream.attach({ who, mode: 'talk', takeover: true });
    expect(await first.ended).toEqual({ reason: 'takenOver' });
    for await (const piece of first) expect(piece.type).not.toBe('disconnected');
    await second.write('mine');
    await until(second, 'mine');
  });

  it('leaves the program alive on a break out of the loop and on abort, and finds its screen again', async () => {
    const who = await enrol(...rawCat);
    const stop = new AbortController();
    const first = await khlone.stream.attach({ who, mode: 'talk' }, { signal: stop.signal });
    await until(first, 'ready');
    await first.write('kept');
    await until(first, 'kept');
    stop.abort();
    expect(await first.ended).toEqual({ reason: 'detached' });
    const second = await khlone.stream.attach({ who, mode: 'talk' });
    for await (const piece of second) {
      expect(piece).toMatchObject({ type: 'snapshot', snapshot: { data: expect.stringContaining('kept') } });
      break;
    }
    await using third = await khlone.stream.attach({ who, mode: 'talk' });
    expect(third.run).toBe(first.run);
  });

  it('tells how the program ended', async () => {
    const who = await enrol('sh', '-c', 'read line; exit 3');
    await using stream = await khlone.stream.attach({ who, mode: 'talk' });
    // Its answer and the end may come in either order.
    const written = stream.write('\r').catch((error: unknown) => error);
    expect(await stream.ended).toEqual({ reason: 'exited', exit: { code: 3 } });
    await written;
    await expect(stream.write('x')).rejects.toMatchObject({ kind: 'streamEnded' });
  });

  it('gives a consumer that is too slow the screen anew, and goes on from there', async () => {
    const script =
      'stty raw -echo; printf ready; head -c 1 >/dev/null; yes 0123456789 | head -c 8000000; printf done; exec cat';
    const who = await enrol('sh', '-c', script);
    await using talker = await khlone.stream.attach({ who, mode: 'talk' });
    await until(talker, 'ready');
    await using watcher = await khlone.stream.attach({ who, mode: 'watch' });
    await talker.write('x');
    await until(talker, 'done');
    // It read nothing meanwhile. A screen takes the place of more than a mebibyte, or it would not have come.
    const read = await until(watcher, 'done');
    expect(read.length).toBeLessThan(8_000_000 - 1024 * 1024 + 100_000);
    await talker.write('after');
    await until(watcher, 'after');
  });
});

/** Makes the connections of a client that a test may cut. */
class CutLink {
  readonly link: Link;
  /** How many connections there were. */
  made = 0;
  #socket: Socket | undefined;
  pid = 0;

  constructor() {
    const { env } = zone.sandbox;
    this.link = new Link(async (signal) => {
      const address = locateZone(zone.root, env);
      const { socket } = await reachDaemon({ address, env, daemonProgram, signal });
      this.#socket = socket;
      const connection = new ClientConnection(socket);
      const greeting = await connection.request('initialize', {
        protocolVersion: 1,
        clientInfo: { name: 'cut', version: '1' },
      });
      this.pid = (greeting as { daemon: { pid: number } }).daemon.pid;
      this.made += 1;
      return connection;
    });
  }

  /** Whether there is a connection to cut. */
  get connected(): boolean {
    return this.#socket?.closed === false;
  }

  cut(): void {
    this.#socket?.destroy();
  }

  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await goneWithin(this.pid, 30_000);
  }
}

describe('100 MB over random losses of the connection', () => {
  it.each([
    [11, 'over lanes that are cut as well', true],
    [12, 'by the daemon', false],
  ])('arrive whole, no byte lost and none doubled (seed %i), %s', async (seed, _, lane) => {
    using lanes = new LaneSockets();
    const bytes = 100 * 1024 * 1024;
    const random = new Random(seed);
    const printer = join(import.meta.dirname, '../support/seededPrinter.mjs');
    const raw = ['sh', '-c', 'stty raw -echo; exec "$0" "$@"', process.execPath];
    const who = await enrol(...raw, printer, String(seed), String(bytes));
    const cut = new CutLink();
    await using link = cut.link;
    await using stream = await new Streams(link).attach({
      who,
      mode: 'talk',
      encoding: 'base64',
      lossless: true,
      queries: 'daemon',
      lane,
    });
    const places = (many: number): number[] =>
      Array.from({ length: many }, () => random.between(1, bytes)).toSorted((a, b) => a - b);
    const losses = places(25);
    const kills = places(3);
    const hash = createHash('sha256');
    let read = stream.offset;
    let trailer = '';
    let told = 0;
    expect(read).toBe(0);

    for await (const piece of stream) {
      if (piece.type === 'disconnected') continue;
      if (piece.type === 'reconnected') {
        expect(piece.resumed).toBe(true);
        continue;
      }
      if (piece.type === 'snapshot' && piece.reason === 'attached') continue;
      if (piece.type !== 'data') throw new Error(`a piece ${piece.type} came at byte ${read}`);
      expect(piece.offset).toBe(read);
      const ours = piece.data.subarray(0, Math.max(0, bytes - read));
      hash.update(ours);
      trailer += piece.data.subarray(ours.length).toString('latin1');
      read = piece.end;
      if (trailer.length >= 64) break;
      for (; told * 1024 * 1024 < read; told++) await allowMore(stream);
      if (!cut.connected) continue;
      if (read >= (kills[0] ?? Infinity)) {
        kills.shift();
        await cut.kill();
      } else if (read >= (losses[0] ?? Infinity)) {
        losses.shift();
        for (let turns = random.between(0, 20); turns > 0; turns--) await turn();
        // Every other time that of the daemon: with that comes a new lane.
        if (lanes.open > 0 && losses.length % 2 === 0) lanes.cut();
        else cut.cut();
      }
    }
    expect(trailer).toBe(hash.digest('hex'));
    expect(read).toBe(bytes + 64);
    expect(cut.made).toBeGreaterThan(lane ? 10 : 20);
    expect(lanes.made).toBe(lane ? cut.made : 0);
  });
});

/** Types the key that lets the printer go on; one that may not have arrived is typed again, and does no harm twice. */
async function allowMore(stream: Stream<Buffer>): Promise<void> {
  for (;;) {
    try {
      return await stream.write('m');
    } catch (error) {
      if ((error as { kind?: string }).kind !== 'connectionLost') throw error;
    }
  }
}

it('a stream by a lane ends as its terminal does, where the holder is killed and nobody else has what came last', async () => {
  for (let round = 0; round < 3; round++) {
    const who = await enrol('sh', '-c', 'stty raw -echo; exec yes');
    await using stream = await khlone.stream.attach({
      who,
      mode: 'talk',
      queries: 'daemon',
      lossless: true,
    });
    const [brain] = zone.brains();
    const { pid } = khlone.session.daemon;
    let place = stream.offset;
    let read = 0;
    for await (const piece of stream) {
      if (piece.type !== 'data') continue;
      // No byte twice, and none left out, up to the end.
      expect(piece.offset).toBe(place);
      place = piece.end;
      read += 1;
      // The daemon falls behind, so that most is to be had from what the holder wrote down only.
      if (read === 20) process.kill(pid, 'SIGSTOP');
      if (read !== 100) continue;
      process.kill(brain?.parent ?? 0, 'SIGKILL');
      process.kill(pid, 'SIGCONT');
    }
    expect(await stream.ended).toMatchObject({ reason: 'exited', exit: { signal: 'SIGKILL' } });
  }
});
