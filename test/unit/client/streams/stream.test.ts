import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Streams } from '../../../../client/streams/streams.js';
import type { AttachParams, Stream, StreamOptions, StreamPiece } from '../../../../client/streams/options.js';
import type { Link } from '../../../../client/link.js';
import { fail } from '../../../../protocol/fail.js';
import { openLinkTo } from '../../../support/rpc/client.js';
import { FakeTerminal } from '../../../support/rpc/terminal.js';
import { Random } from '../../../support/random.js';

let terminal: FakeTerminal;
let link: Link;
let streams: Streams;
const open = (params: Partial<AttachParams> = {}, options?: StreamOptions): Promise<Stream> =>
  streams.attach(
    { who: 'mechanic.1', mode: 'talk', cols: 80, rows: 24, ...params, encoding: 'text' },
    options,
  );
const take = async <D>(stream: Stream<D>, many: number): Promise<StreamPiece<D>[]> => {
  const pieces: StreamPiece<D>[] = [];
  while (pieces.length < many) {
    const { done, value } = await stream.next();
    if (done === true) break;
    pieces.push(value);
  }
  return pieces;
};
/** Reads up to an offset of the run it is in; what came as data only. */
const text = async (stream: Stream, to: number): Promise<string> => {
  let read = '';
  while (stream.offset < to) {
    const { done, value } = await stream.next();
    if (done === true) break;
    if (value.type === 'data') read += value.data;
  }
  return read;
};

/** What a promise is rejected with. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

beforeEach(async () => {
  terminal = await FakeTerminal.start();
  link = openLinkTo(terminal.path);
  streams = new Streams(link);
});
afterEach(async () => {
  await link.close();
  await terminal.stop();
});

describe('a stream', () => {
  it('begins with the screen, and goes on with every byte from there, though they come with the answer', async () => {
    terminal.print('before');
    terminal.before = (method) => {
      if (method === 'stream/attach') setImmediate(() => terminal.print('after'));
    };
    await using stream = await open();
    expect(stream).toMatchObject({ clone: 'mechanic.1', run: 'b_1', cols: 80, rows: 24, offset: 6 });
    expect(await take(stream, 2)).toEqual([
      {
        type: 'snapshot',
        reason: 'attached',
        snapshot: { cols: 80, rows: 24, offset: 6, data: 'screen at 6' },
      },
      { type: 'data', offset: 6, end: 11, data: 'after' },
    ]);
    expect(stream.offset).toBe(11);
  });

  it('goes on from a place of an earlier one without a snapshot, with what was sent in the chunk of its answer', async () => {
    terminal.print('0123456789');
    await using stream = await open({ from: { run: 'b_1', offset: 4 } });
    expect(await take(stream, 1)).toEqual([{ type: 'data', offset: 4, end: 10, data: '456789' }]);
  });

  it('tells sizes and screens in their places', async () => {
    await using stream = await open();
    terminal.print('a');
    terminal.resize({ cols: 100, rows: 30 });
    terminal.print('b');
    terminal.resync('lost');
    const pieces = await take(stream, 5);
    expect(pieces.map((piece) => (piece.type === 'data' ? piece.data : piece.type))).toEqual([
      'snapshot',
      'a',
      'resized',
      'b',
      'snapshot',
    ]);
    expect(pieces[4]).toMatchObject({ reason: 'lost', snapshot: { cols: 100, rows: 30, offset: 2 } });
    expect(stream).toMatchObject({ cols: 100, rows: 30, offset: 2 });
  });

  it('keeps streams of one connection apart', async () => {
    await using one = await open();
    await using other = await open({ mode: 'watch' });
    terminal.print('x');
    expect((await take(one, 2))[1]).toMatchObject({ data: 'x' });
    await one.detach();
    terminal.print('y');
    expect((await take(other, 3)).slice(1)).toMatchObject([{ data: 'x' }, { data: 'y' }]);
    expect(terminal.viewers).toHaveLength(1);
  });

  it('hands out exact bytes where base64 was asked for', async () => {
    await using stream = await streams.attach({ who: 'mechanic.1', mode: 'watch', encoding: 'base64' });
    const bytes = Buffer.from([0, 0xff, 0x1b, 0xc3]);
    terminal.print(bytes);
    expect((await take(stream, 2))[1]).toEqual({ type: 'data', offset: 0, end: 4, data: bytes });
  });
});

describe('its end', () => {
  it('is told with its reason, after what came before it', async () => {
    await using stream = await open();
    terminal.print('last');
    terminal.end('exited', { code: 3 });
    expect(await stream.ended).toEqual({ reason: 'exited', exit: { code: 3 } });
    expect((await take(stream, 3)).map(({ type }) => type)).toEqual(['snapshot', 'data']);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await expect(stream.write('x')).rejects.toMatchObject({
      kind: 'streamEnded',
      details: { reason: 'exited' },
    });
    await expect(stream.resize({ cols: 1, rows: 1 })).rejects.toMatchObject({ kind: 'streamEnded' });
    await expect(stream.resync()).rejects.toMatchObject({ kind: 'streamEnded' });
  });

  it.each<[string, (stream: Stream, stop: AbortController) => unknown]>([
    ['detach', (stream) => stream.detach()],
    ['return', (stream) => stream.return()],
    ['abort', (_, stop) => stop.abort()],
  ])('comes with %s, also while somebody waits for a piece, and the daemon is told', async (_, leave) => {
    const stop = new AbortController();
    const stream = await open({}, { signal: stop.signal });
    await take(stream, 1);
    const waiting = stream.next();
    await leave(stream, stop);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.ended).toEqual({ reason: 'detached' });
    await terminal.until(() => terminal.of('stream/detach').length === 1);
  });

  it('comes with a break out of the loop', async () => {
    const stream = await open();
    for await (const piece of stream) if (piece.type === 'snapshot') break;
    expect(await stream.ended).toEqual({ reason: 'detached' });
    expect(terminal.viewers).toHaveLength(0);
  });

  it('comes quietly when the client is closed, without an attempt to open it again', async () => {
    const stream = await open();
    await take(stream, 1);
    const waiting = stream.next();
    await link.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.ended).toEqual({ reason: 'detached' });
  });

  it('fails to begin with the error of the daemon', async () => {
    terminal.before = (method) => {
      if (method === 'stream/attach') throw fail('streamTaken', { clone: 'mechanic.1', talker: 'other' });
    };
    await expect(open()).rejects.toMatchObject({ kind: 'streamTaken' });
  });

  it('takes back an attach that is aborted while it waits, and lets go of a stream that came of it all the same', async () => {
    const stop = new AbortController();
    let answer: () => void = () => {};
    terminal.before = (method) =>
      method === 'stream/attach' ? new Promise<void>((resolve) => (answer = resolve)) : undefined;
    const opening = open({}, { signal: stop.signal });
    await terminal.until(() => terminal.of('stream/attach').length === 1);
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toMatchObject({ kind: 'cancelled' });
    await terminal.until(() => terminal.cancellations === 1);
    answer();
    await terminal.until(() => terminal.of('stream/detach').length === 1);
    await expect(open({}, { signal: stop.signal })).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('what is read', () => {
  it('is acknowledged once the consumer has taken it, and no more than that is ever sent', async () => {
    await using stream = await open();
    await take(stream, 1);
    terminal.print('x'.repeat(3 * 1024 * 1024));
    await link.call('ping', {});
    expect(terminal.viewers[0]).toMatchObject({ sent: 1024 * 1024, acked: 0 });
    expect(await text(stream, 3 * 1024 * 1024)).toHaveLength(3 * 1024 * 1024);
    const acks = terminal.of('stream/ack').map(({ offset }) => offset as number);
    expect(acks).toEqual(acks.toSorted((a, b) => a - b));
    expect(acks.length).toBeLessThanOrEqual(24);
  });

  it('costs no call at all while a person types', async () => {
    await using stream = await open();
    await take(stream, 1);
    for (let n = 0; n < 500; n++) {
      terminal.print('k');
      await take(stream, 1);
    }
    await link.call('ping', {});
    expect(terminal.of('stream/ack')).toEqual([]);
  });

  it('is acknowledged up to a snapshot that took the place of what was too much', async () => {
    await using stream = await open();
    await take(stream, 1);
    terminal.print('x'.repeat(1500 * 1024));
    terminal.resync('slow');
    const pieces = await take(stream, 65);
    expect(pieces.at(-1)).toMatchObject({ type: 'snapshot', reason: 'slow' });
    const next = stream.next();
    await terminal.until(() => terminal.viewers[0]?.acked === 1500 * 1024);
    terminal.print('on');
    expect(await next).toMatchObject({ value: { data: 'on' } });
  });

  it('is bounded, whatever the daemon sends', async () => {
    await using stream = await open();
    terminal.careless = true;
    terminal.print('x'.repeat(6 * 1024 * 1024));
    expect(await stream.ended).toMatchObject({ reason: 'failed', error: { kind: 'limitReached' } });
    await expect(take(stream, 1000)).rejects.toMatchObject({ kind: 'limitReached' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await terminal.until(() => terminal.viewers.length === 0);
  });
});

describe('after a lost connection', () => {
  it('goes on where it broke off, and says so', async () => {
    await using stream = await open({ mode: 'watch', lossless: true, scrollback: 5, wait: false });
    terminal.print('one');
    await take(stream, 2);
    terminal.drop();
    terminal.print('two');
    expect(await take(stream, 3)).toEqual([
      { type: 'disconnected' },
      { type: 'reconnected', run: 'b_1', resumed: true },
      { type: 'data', offset: 3, end: 6, data: 'two' },
    ]);
    expect(terminal.of('stream/attach')[1]).toEqual({
      who: 'mechanic.1',
      lane: true,
      mode: 'watch',
      cols: 80,
      rows: 24,
      encoding: 'text',
      scrollback: 5,
      wait: false,
      lossless: true,
      from: { run: 'b_1', offset: 3 },
    });
  });

  it('does not take the place of another talker, or interrupt anything, a second time', async () => {
    await using stream = await open({ takeover: true, now: true });
    await stream.resize({ cols: 90, rows: 20 });
    terminal.drop();
    await terminal.until(() => terminal.of('stream/attach').length === 2);
    const [, second] = terminal.of('stream/attach');
    expect(second).not.toHaveProperty('takeover');
    expect(second).not.toHaveProperty('now');
    expect(second).toMatchObject({ cols: 90, rows: 20 });
  });

  it('hands out what had come already, and loses and repeats nothing', async () => {
    await using stream = await open();
    terminal.print('waits');
    await link.call('ping', {});
    terminal.drop();
    await terminal.until(() => terminal.viewers.length === 1 && terminal.of('stream/attach').length === 2);
    terminal.print(' on');
    expect(await text(stream, 8)).toBe('waits on');
  });

  it.each([1, 2, 3, 4])('loses and repeats nothing over random losses (seed %i)', async (seed) => {
    const random = new Random(seed);
    await using stream = await open({ mode: 'watch' });
    let printed = '';
    const printing = (async () => {
      for (let n = 0; n < 300; n++) {
        const some = `${n}é€😀`.repeat(random.between(1, 2_000));
        printed += some;
        terminal.print(some);
        if (random.next() < 0.1) terminal.drop();
        if (random.next() < 0.5) await link.call('ping', {}).catch(() => {});
      }
    })();
    const reading = (async () => {
      let read = '';
      for await (const piece of stream) {
        if (piece.type === 'data') read += piece.data;
        if (read.endsWith('end')) break;
      }
      return read;
    })();
    await printing;
    terminal.print('end');
    expect((await reading) === `${printed}end`).toBe(true);
    expect(terminal.of('stream/attach').length).toBeGreaterThan(3);
  });

  it('goes on with the screen where the bytes are no longer kept', async () => {
    await using stream = await open();
    await take(stream, 1);
    terminal.drop();
    terminal.print('gone');
    terminal.kept = 4;
    expect(await take(stream, 3)).toMatchObject([
      { type: 'disconnected' },
      { type: 'reconnected', run: 'b_1', resumed: false },
      { type: 'snapshot', reason: 'reconnected', snapshot: { offset: 4 } },
    ]);
  });

  it('goes on with the screen of another run, and types nothing there that was meant for the first', async () => {
    await using stream = await open();
    terminal.print('first');
    await take(stream, 2);
    let reopen: () => void = () => {};
    terminal.before = (method) =>
      method === 'stream/screen' ? new Promise<void>((resolve) => (reopen = resolve)) : undefined;
    terminal.drop();
    expect(await take(stream, 1)).toEqual([{ type: 'disconnected' }]);
    const written = stream.write('rm -rf .\r');
    const refused = failureOf(written);
    await terminal.until(() => terminal.of('stream/screen').length === 1);
    terminal.nextRun();
    reopen();
    expect(await take(stream, 2)).toMatchObject([
      { type: 'reconnected', run: 'b_2', resumed: false },
      { type: 'snapshot', snapshot: { offset: 0 } },
    ]);
    expect(await refused).toMatchObject({ kind: 'connectionLost' });
    expect(stream).toMatchObject({ run: 'b_2', offset: 0 });
    await stream.write('ls\r');
    expect(terminal.typed.toString()).toBe('ls\r');
  });

  it('types what was written meanwhile, and tells the new size', async () => {
    await using stream = await open();
    await take(stream, 1);
    terminal.drop();
    await take(stream, 1);
    terminal.resize({ cols: 132, rows: 50 });
    await Promise.all([stream.write('a'), stream.resize({ cols: 70, rows: 20 }), stream.write('b')]);
    expect(terminal.typed.toString()).toBe('ab');
    expect(terminal.size).toEqual({ cols: 70, rows: 20 });
  });

  it('tells a size that changed meanwhile', async () => {
    await using stream = await open({ mode: 'watch' });
    await take(stream, 1);
    terminal.drop();
    terminal.size = { cols: 132, rows: 50 };
    expect((await take(stream, 3))[2]).toEqual({ type: 'resized', offset: 0, cols: 132, rows: 50 });
  });

  it.each([
    ['talk' as const, 'stream/screen'],
    ['watch' as const, 'stream/attach'],
  ])('is over (%s) where the program has ended, and starts no other', async (mode, asked) => {
    await using stream = await open({ mode });
    terminal.vanish();
    terminal.drop();
    expect(await stream.ended).toEqual({ reason: 'exited' });
    expect(terminal.calls.at(-1)?.method).toBe(asked);
    expect((await take(stream, 5)).map(({ type }) => type)).toEqual(['snapshot', 'disconnected']);
  });

  it.each([
    [fail('noTerminal', { clone: 'mechanic.1', posture: 'act' }), 'posture'],
    [fail('streamTaken', { clone: 'mechanic.1', talker: 'other' }), 'takenOver'],
    [fail('cloneRetired', { clone: 'mechanic.1' }), 'retired'],
    [fail('brainDied', { ending: 'exited with code 1', stderr: '' }), 'failed'],
  ])('is over where it is told $kind', async (error, reason) => {
    await using stream = await open();
    terminal.before = (method) => {
      if (method === 'stream/attach') throw error;
    };
    terminal.drop();
    expect(await stream.ended).toMatchObject({ reason });
  });

  it('tries again after what may pass, and can be left meanwhile', async () => {
    const stream = await open();
    terminal.before = (method) => {
      if (method === 'stream/attach') throw fail('storageFailed', { reason: 'full' });
    };
    terminal.drop();
    await terminal.until(() => terminal.of('stream/attach').length === 4);
    const refused = failureOf(stream.write('x'));
    await stream.detach();
    expect(await refused).toMatchObject({ kind: 'streamEnded' });
    expect(await stream.ended).toEqual({ reason: 'detached' });
  });
});
