import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Khlone, Stream, StreamPiece } from '../../client/index.js';
import { fromLane } from '../../daemon/holder/program/wire.js';
import { DaemonZone } from '../support/daemon.js';
import { type LaneOffer, LanePeer } from '../support/lanePeer.js';
import { LaneSockets } from '../support/laneSockets.js';
import { goneWithin } from '../support/processes.js';
import { DaemonPeer } from '../support/rpc/daemonPeer.js';

const mib = 1024 * 1024;

let zone: DaemonZone;
let khlone: Khlone;
let lanes: LaneSockets;
const peers: DaemonPeer[] = [];

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
  lanes = new LaneSockets();
});
afterEach(async () => {
  lanes[Symbol.dispose]();
  for (const peer of peers.splice(0)) await peer.close();
  await zone[Symbol.asyncDispose]();
});

async function enter(): Promise<DaemonPeer> {
  const { PATH, HOME } = zone.sandbox.env;
  const peer = await DaemonPeer.greet(zone.paths.socket, { PATH, HOME });
  peers.push(peer);
  return peer;
}

async function enrol(...command: string[]): Promise<string> {
  const { name } = await khlone.clone.enroll({ role: 'shell', brain: 'command', command });
  return name;
}

const script = (text: string): Promise<string> => enrol('sh', '-c', text);
const rawCat = 'stty raw -echo; printf ready; exec cat';

interface Attached {
  readonly stream: string;
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly snapshot?: { readonly data: string };
  readonly lane?: LaneOffer;
}

const attach = (peer: DaemonPeer, who: string, params: object = {}): Promise<Attached> =>
  peer.call<Attached>('stream/attach', { who, mode: 'talk', lane: true, ...params });

/** Attaches, comes by the lane, and waits for the program to be ready. */
async function attachLane(
  who: string,
  params: object = {},
): Promise<Attached & { peer: DaemonPeer; lane: LaneOffer; on: LanePeer }> {
  const peer = await enter();
  const attached = await attach(peer, who, params);
  const { lane, offset, snapshot } = attached;
  if (lane === undefined) throw new Error('no lane was offered');
  const on = await LanePeer.greet(lane, offset);
  expect(on.heard[0]).toBe('opened');
  await on.until(() => `${snapshot?.data ?? ''}${on.output.toString()}`.includes('ready'));
  return { ...attached, peer, lane, on };
}

/** Reads on until what came as data or screens, all together, holds something. */
async function until(stream: Stream, wanted: string): Promise<string> {
  for (let read = ''; ;) {
    const { done, value } = await stream.next();
    if (done === true) throw new Error(`it ended after ${JSON.stringify(read)}`);
    if (value.type === 'data') read += value.data;
    if (value.type === 'snapshot') read += value.snapshot.data;
    if (read.includes(wanted)) return read;
  }
}

/** Resolves once something is so that no event tells. */
async function eventually(so: () => boolean): Promise<void> {
  while (!so()) await sleep(5);
}

describe('a lane', () => {
  it('brings output and takes keys, and nothing of it comes by the daemon', async () => {
    const { peer, stream, on } = await attachLane(await script(rawCat));
    on.send(fromLane.input, 'héllo');
    await on.until(() => on.output.includes('héllo'));
    expect(on.count('taken')).toBe(1);
    await peer.call('stream/write', { stream, data: 'and by the daemon' });
    await on.until(() => on.output.includes('and by the daemon'));
    expect(peer.heard.filter(({ method }) => method === 'stream/data')).toEqual([]);
    // What was seen on it is on the screen that is asked for next.
    const { text } = await khlone.stream.screen({ who: 'shell.1' });
    expect(text).toContain('by the daemon');
  });

  it('is offered to nobody who did not ask', async () => {
    const who = await script(rawCat);
    const peer = await enter();
    const attached = await peer.call<Attached>('stream/attach', { who, mode: 'talk' });
    expect(attached.lane).toBeUndefined();
    await peer.call('stream/write', { stream: attached.stream, data: 'x' });
    await peer.until('stream/data');
  });

  it('lets in once who has its token, and nobody else', async () => {
    const { lane, on, offset } = await attachLane(await script(rawCat));
    for (const token of [lane.token, randomBytes(16).toString('hex'), '']) {
      const other = await LanePeer.greet({ ...lane, token }, offset);
      await other.closed;
      expect(other.heard).toEqual([]);
    }
    on.send(fromLane.input, 'still mine');
    await on.until(() => on.output.includes('still mine'));
  });

  it('is not hurt by junk on its socket, before a token and after it', async () => {
    const who = await script(rawCat);
    const { lane, on, peer, stream, cols, rows } = await attachLane(who);
    for (const junk of [
      randomBytes(100_000),
      Buffer.alloc(5),
      Buffer.from([255, 255, 255, 255, 1]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ]) {
      const other = await LanePeer.connect(lane.socket);
      other.socket.write(junk);
      await other.closed;
    }
    on.send(fromLane.input, 'before');
    await on.until(() => on.output.includes('before'));
    on.socket.write(Buffer.from([255, 255, 255, 255, 2]));
    await on.closed;
    await peer.call('stream/rejoin', { stream, offset: on.end, cols, rows });
    await peer.call('stream/write', { stream, data: 'after' });
    expect(await peer.until('stream/data')).toMatchObject({ offset: on.end, data: 'after' });
  });

  it('of a watcher does not type', async () => {
    const who = await script(rawCat);
    const talker = await attachLane(who);
    const watcher = await attachLane(who, { mode: 'watch' });
    watcher.on.send(fromLane.input, 'not mine');
    await watcher.on.closed;
    talker.on.send(fromLane.input, 'mine');
    await talker.on.until(() => talker.on.output.includes('mine'));
    expect(talker.on.output.toString()).not.toContain('not');
  });

  it('is over at once when another takes its talker’s place', async () => {
    const who = await script(rawCat);
    const first = await attachLane(who);
    // Written while the daemon takes its place away: whatever arrives does so before the other has its answer.
    const keys = setInterval(() => first.on.send(fromLane.input, 'a'), 1);
    const peer = await enter();
    const { lane, offset } = await attach(peer, who, { takeover: true });
    const second = await LanePeer.greet(lane as LaneOffer, offset);
    second.send(fromLane.input, 'b');
    await second.until(() => second.output.includes('b'));
    await first.on.closed;
    clearInterval(keys);
    second.send(fromLane.input, 'c');
    await second.until(() => second.output.includes('c'));
    expect(second.output.toString()).toMatch(/^a*bc$/);
    expect(second.output.toString().split('b')[1]).toBe('c');
    expect(await first.peer.until('stream/ended')).toMatchObject({ reason: 'takenOver' });
  });

  it.each(['stream/detach', 'close'] as const)('ends with its stream, by %s', async (how) => {
    const { on, peer, stream } = await attachLane(await script(rawCat));
    if (how === 'close') await peer.close();
    else await peer.call(how, { stream });
    await on.closed;
    expect(on.over).toBeUndefined();
  });

  it('sends its client back to the daemon for the end of the program', async () => {
    const { on, peer, stream, cols, rows } = await attachLane(
      await script('printf ready; read line; printf bye; exit 3'),
    );
    on.send(fromLane.input, '\r');
    await on.closed;
    expect(on.output.toString()).toContain('bye');
    expect(on.over).toBe(on.end);
    await peer.call('stream/rejoin', { stream, offset: on.end, cols, rows });
    expect(await peer.until('stream/ended')).toEqual({ stream, reason: 'exited', exit: { code: 3 } });
  });

  it('tells sizes in their places', async () => {
    const who = await script(
      `trap 'printf "[%s]" "$(stty size)"' WINCH; stty -echo; printf ready; while :; do sleep 0.05; done`,
    );
    const { on, peer, stream } = await attachLane(who, { cols: 80, rows: 24 });
    for (const [cols, rows] of [
      [90, 30],
      [100, 40],
    ]) {
      await peer.call('stream/resize', { stream, cols, rows });
      await on.until(() => on.output.includes(`[${rows} ${cols}]`));
    }
    const [first, second] = on.sizes;
    const start = on.end - on.output.length;
    expect(on.sizes).toMatchObject([
      { cols: 90, rows: 30 },
      { cols: 100, rows: 40 },
    ]);
    expect(first?.offset).toBeLessThanOrEqual(start + on.output.indexOf('[30 90]'));
    expect(second?.offset).toBe(start + on.output.indexOf('[30 90]') + '[30 90]'.length);
    expect(peer.heard.filter(({ method }) => method === 'stream/resized')).toEqual([]);
  });

  it('refuses what is typed to a program that does not read, beyond 4 MiB', async () => {
    const who = await script('stty raw -echo; printf ready; exec sleep 1000');
    const { on, peer, stream } = await attachLane(who);
    const piece = Buffer.alloc(128 * 1024, 'x');
    while (on.count('full') === 0) {
      const before = on.heard.length;
      on.send(fromLane.input, piece);
      await on.until(() => on.heard.length > before);
      expect(on.count('taken')).toBeLessThan(40);
    }
    expect(on.count('taken')).toBeGreaterThan(25);
    await peer.call('stream/detach', { stream });
    await on.closed;
  });

  it('that is not lossless sends its client back for a screen when it is far behind, which is offered a new one', async () => {
    const who = await script(
      'stty raw -echo; printf ready; head -c 1 >/dev/null; yes 0123456789 | head -c 8000000; printf done; exec cat',
    );
    const peer = await enter();
    const { lane, offset, stream, cols, rows, snapshot } = await attach(peer, who);
    const on = await LanePeer.greet(lane as LaneOffer, offset, offset + 100_000);
    await on.until(() => `${snapshot?.data}${on.output.toString()}`.includes('ready'));
    const watcher = await attachLane(who, { mode: 'watch', lossless: true });
    on.send(fromLane.input, 'x');
    await on.until(() => on.end === offset + 100_000);
    await watcher.on.until(() => watcher.on.output.includes('done'));
    on.allow(Number.MAX_SAFE_INTEGER);
    await on.closed;
    expect(on.over).toBe(on.end);
    await peer.call('stream/rejoin', { stream, offset: on.end, cols, rows });
    const resynced = await peer.until('stream/resynced');
    expect(resynced).toMatchObject({ reason: 'slow', lane: { token: expect.any(String) as string } });
    const again = await LanePeer.greet(
      resynced['lane'] as LaneOffer,
      (resynced['snapshot'] as { offset: number }).offset,
    );
    again.send(fromLane.input, 'after');
    await again.until(() => again.output.includes('after'));
  });

  it('of a reader that reads nothing holds up neither the program nor others, nor the holder’s memory', async () => {
    const who = await script(
      'stty raw -echo; printf ready; while head -c 1 >/dev/null; do yes 0123456789 | head -c 3000000; printf done; done',
    );
    const talker = await attachLane(who, { lossless: true });
    const deaf = await attachLane(who, { mode: 'watch', lossless: true });
    deaf.on.socket.pause();
    talker.on.send(fromLane.input, 'x');
    await talker.on.until(() => talker.on.output.includes('done'));
    deaf.on.socket.resume();
    await deaf.on.until(() => deaf.on.output.includes('done'));
    expect(deaf.on.end).toBe(talker.on.end);
  });

  it('outlives no daemon: the next finds itself in charge', async () => {
    const { on, peer } = await attachLane(await script(rawCat));
    const { pid } = await khlone.daemon.status().then(({ daemon }) => daemon);
    process.kill(pid, 'SIGKILL');
    await goneWithin(pid, 30_000);
    await on.closed;
    await peer.raw.closed;
    expect(on.over).toBeUndefined();
  });
});

describe('the client’s streams', () => {
  it('take a lane by themselves, and none where they are told so', async () => {
    const who = await script(rawCat);
    await using talker = await khlone.stream.attach({ who, mode: 'talk' });
    await until(talker, 'ready');
    expect(lanes).toMatchObject({ made: 1, open: 1 });
    await using watcher = await khlone.stream.attach({ who, mode: 'watch', lane: false });
    await talker.write('x');
    await until(watcher, 'x');
    expect(lanes.made).toBe(1);
  });

  it('go on by the daemon where the lane is cut, and type nothing twice', async () => {
    const who = await script(rawCat);
    await using stream = await khlone.stream.attach({ who, mode: 'talk' });
    await until(stream, 'ready');
    await stream.write('one ');
    await until(stream, 'one ');
    lanes.cut();
    await eventually(() => lanes.open === 0);
    await stream.write('two ').catch((error: { kind: string }) => expect(error.kind).toBe('connectionLost'));
    await stream.write('three.');
    expect(await until(stream, 'three.')).toMatch(/^(two )?three\.$/);
  });

  it('go on by the daemon where there is nobody at the lane’s socket', async () => {
    const who = await script(rawCat);
    await using first = await khlone.stream.attach({ who, mode: 'talk' });
    await until(first, 'ready');
    // As for a client in another container, which has the daemon's socket only.
    const { run } = first;
    rmSync(join(zone.paths.brains, run, 'l'));
    await using second = await khlone.stream.attach({ who, mode: 'talk', takeover: true });
    await second.write('here');
    await until(second, 'here');
    expect(lanes).toMatchObject({ made: 2, open: 0 });
  });

  it('are drawn anew in their place, and go on by a new lane', async () => {
    const who = await script(rawCat);
    await using stream = await khlone.stream.attach({ who, mode: 'talk' });
    await until(stream, 'ready');
    await stream.write('before');
    await until(stream, 'before');
    await stream.resync();
    const { value } = await stream.next();
    expect(value).toMatchObject({ type: 'snapshot', reason: 'asked' });
    await eventually(() => lanes.made === 2);
    await stream.write('after');
    await until(stream, 'after');
    expect(lanes.open).toBe(1);
  });

  it.each(['text', 'base64'] as const)('get the same by a lane as by the daemon, as %s', async (encoding) => {
    const printer = join(import.meta.dirname, '../support/seededPrinter.mjs');
    const who = await enrol(
      'sh',
      '-c',
      'stty raw -echo; head -c 1 >/dev/null; exec "$0" "$@"',
      process.execPath,
      printer,
      '5',
      String(2 * mib),
    );
    const read = async (lane: boolean, mode: 'talk' | 'watch'): Promise<() => Promise<string[]>> => {
      const params = { who, mode, lane, lossless: true, queries: 'daemon' as const };
      const stream: Stream<string | Buffer> =
        encoding === 'text'
          ? await khlone.stream.attach(params)
          : await khlone.stream.attach({ ...params, encoding });
      return async () => {
        if (mode === 'talk') await stream.write('x');
        const hash = createHash('sha256');
        let end = 0;
        for (
          let next: IteratorResult<StreamPiece<string | Buffer>> = await stream.next();
          end < 2 * mib + 64;
          next = await stream.next()
        ) {
          if (next.value?.type !== 'data') continue;
          const { data } = next.value as { data: string | Buffer };
          hash.update(data);
          if (typeof data === 'string') expect(data).not.toBe('');
          end = (next.value as { end: number }).end;
          if (end >= 2 * mib + 64) break;
        }
        await stream.detach();
        return [hash.digest('hex'), String(end)];
      };
    };
    const readers = [await read(true, 'talk'), await read(true, 'watch'), await read(false, 'watch')];
    const [one, two, three] = await Promise.all(readers.map((reader) => reader()));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(lanes.made).toBe(2);
  });
});
