import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { defaultWriterLimits } from '../../../../protocol/wire/writer.js';
import type { Row } from '../../../../protocol/row.js';
import { table } from '../../../../protocol/table.js';
import type { RawPeer } from '../../../support/rpc/peer.js';
import { errorOf, StreamStage } from '../../../support/streamStage.js';

let stage: StreamStage;
let peer: RawPeer;
beforeEach(async () => {
  stage = await new StreamStage().start();
  peer = await stage.join();
});
afterEach(() => stage.stop());

const talk = { mode: 'talk' };

/** Resolves once a condition holds that depends on what the daemon hears. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('a terminal that an earlier daemon left', () => {
  it.each([
    ['stream/attach', { mode: 'watch' }],
    ['stream/screen', {}],
    ['stream/history', {}],
  ])('is waited for by %s', async (method, params) => {
    stage.runner.open = false;
    let back = (): void => {};
    stage.ready = new Promise((resolve) => (back = resolve));
    peer.send({ jsonrpc: '2.0', id: 1, method, params: { who: 'mechanic.1', ...params } });
    // A call that is answered at once is answered before the one that follows it.
    expect(errorOf(await peer.call(2, 'stream/ack', { stream: 'x_9', offset: 0 }))).toMatchObject({
      kind: 'streamNotFound',
    });
    stage.runner.open = true;
    back();
    const answer = await peer.next();
    expect(answer).toMatchObject({ id: 1 });
    expect(answer?.result).toMatchObject({ clone: 'mechanic.1', run: expect.any(String) });
  });
});

describe('stream/attach', () => {
  it('answers with the screen, and what comes after follows the answer', async () => {
    const { held } = stage.runner.stage;
    held.put('before');
    stage.runner.stage.screen.delay = () => Promise.resolve(held.put(' and after'));
    const answer = await peer.call(1, 'stream/attach', { who: 'mechanic.1', mode: 'watch' });
    expect(answer?.result).toEqual({
      stream: 'x_1',
      clone: 'mechanic.1',
      run: held.run,
      cols: 80,
      rows: 24,
      offset: 6,
      snapshot: { cols: 80, rows: 24, offset: 6, data: 'as before byte 6' },
    });
    expect(await peer.next()).toEqual({
      jsonrpc: '2.0',
      method: 'stream/data',
      params: { stream: 'x_1', offset: 6, end: 16, data: ' and after' },
    });
  });

  it('takes up where an earlier stream broke off, without a screen', async () => {
    const { held } = stage.runner.stage;
    held.put('0123456789');
    const answer = await peer.call(1, 'stream/attach', {
      who: 'mechanic.1',
      mode: 'watch',
      encoding: 'base64',
      from: { run: held.run, offset: 8 },
    });
    expect(answer?.result).toEqual({
      stream: 'x_1',
      clone: 'mechanic.1',
      run: held.run,
      cols: 80,
      rows: 24,
      offset: 8,
    });
    expect(await peer.next()).toMatchObject({ params: { offset: 8, end: 10, data: 'ODk=' } });
  });

  it('supplies what the clone lacks, and asks for its terminal as the client wishes', async () => {
    await stage.attach(peer, { ...talk, cols: 90, wait: false, now: true });
    expect(stage.runner.supplied).toBe(1);
    expect(stage.runner.wishes[0]).toMatchObject({ wait: false, now: true, size: { cols: 90, rows: 40 } });
    expect(stage.runner.stage.held.size).toEqual({ cols: 90, rows: 24 });
    await (await stage.join()).call(1, 'stream/attach', { who: 'mechanic.1', ...talk });
    expect(stage.runner.wishes[1]).toMatchObject({ wait: true, now: false, size: undefined });
  });

  it('fails where there is nothing to watch, and opens it for a talker', async () => {
    stage.runner.open = false;
    const answer = await peer.call(1, 'stream/attach', { who: 'mechanic.1', mode: 'watch' });
    expect(errorOf(answer)).toMatchObject({
      kind: 'noTerminal',
      details: { clone: 'mechanic.1', posture: 'off' },
    });
    expect(errorOf(await peer.call(1, 'stream/attach', { who: 'x.9', mode: 'watch' })).kind).toBe(
      'cloneNotFound',
    );
    await stage.attach(peer, talk);
  });

  it('tells a second talker who holds it, and lets go of what it was given', async () => {
    await stage.attach(peer, talk);
    const other = await stage.join();
    const answer = await other.call(1, 'stream/attach', { who: 'mechanic.1', ...talk });
    expect(errorOf(answer)).toMatchObject({
      kind: 'streamTaken',
      details: { clone: 'mechanic.1', talker: 'test 1' },
    });
    expect(stage.runner.holds).toBe(1);
    await stage.attach(other, { ...talk, takeover: true });
    expect(stage.runner.holds).toBe(1);
    expect(await peer.next()).toMatchObject({
      method: 'stream/ended',
      params: { stream: 'x_1', reason: 'takenOver' },
    });
  });

  it.each([
    [{ cols: 0 }],
    [{ rows: 100_000 }],
    [{ cols: 1.5 }],
    [{ mode: 'look' }],
    [{ encoding: 'latin1' }],
    [{ scrollback: -1 }],
    [{ from: { run: 'b_1' } }],
    [{ from: { run: 'b_1', offset: -1 } }],
    [{ from: { run: 'b_1', offset: 2 ** 60 } }],
  ])('refuses %j', async (params) => {
    const answer = await peer.call(1, 'stream/attach', { who: 'mechanic.1', mode: 'talk', ...params });
    expect(errorOf(answer).kind).toBe('invalidParams');
    expect(stage.runner.holds).toBe(0);
  });

  it('leaves nothing behind where the client withdraws it, leaves, or gets no answer that fits', async () => {
    const { runner } = stage;
    let open = (): void => {};
    runner.ready = new Promise<void>((resolve) => (open = resolve));
    const attach = { jsonrpc: '2.0', method: 'stream/attach', params: { who: 'mechanic.1', ...talk } };
    peer.send({ ...attach, id: 'withdrawn' });
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'withdrawn' } });
    const leaver = await stage.join();
    leaver.send({ ...attach, id: 'left' });
    await until(() => runner.wishes.length === 2);
    await leaver.close();
    await until(() => runner.wishes.every(({ signal }) => signal.aborted));
    open();
    expect(errorOf(await peer.next()).kind).toBe('cancelled');
    await until(() => runner.holds === 0);
    // The place is free.
    await stage.attach(peer, talk);
    expect(runner.holds).toBe(1);
  });

  it('leaves nothing behind where the client withdraws it while the screen is drawn', async () => {
    const { runner } = stage;
    let draw = (): void => {};
    runner.stage.screen.delay = () => new Promise<void>((resolve) => (draw = resolve));
    const params = { who: 'mechanic.1', ...talk };
    peer.send({ jsonrpc: '2.0', id: 'a', method: 'stream/attach', params });
    await until(() => runner.stage.screen.asked.length === 1);
    peer.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'a' } });
    await until(() => runner.wishes[0]?.signal.aborted === true);
    draw();
    expect(errorOf(await peer.next()).kind).toBe('cancelled');
    expect(runner.holds).toBe(0);
    // The place is free.
    runner.stage.screen.delay = () => undefined;
    await stage.attach(peer, talk);
  });

  it('leaves nothing behind where its answer fits no message', async () => {
    await stage.stop();
    stage = await new StreamStage().start({ outbound: { ...defaultWriterLimits, bodyBytes: 2000 } });
    peer = await stage.join();
    stage.runner.stage.screen.perLine = 'x'.repeat(1000);
    const params = { who: 'mechanic.1', ...talk, scrollback: 10 };
    expect(errorOf(await peer.call(1, 'stream/attach', params)).kind).toBe('limitReached');
    expect(stage.runner.holds).toBe(0);
    await stage.attach(peer, talk);
  });

  it('takes at most 64 streams of one connection, and one more when one is over', async () => {
    const { stream } = await stage.attach(peer);
    for (let n = 1; n < 64; n++) await stage.attach(peer);
    const params = { who: 'mechanic.1', mode: 'watch' };
    expect(errorOf(await peer.call(1, 'stream/attach', params)).kind).toBe('limitReached');
    await peer.call(2, 'stream/detach', { stream });
    await stage.attach(peer);
  });
});

describe('a stream', () => {
  it('is typed into, resized, acknowledged, asked anew and left', async () => {
    const { held } = stage.runner.stage;
    const { stream } = await stage.attach(peer, talk);
    expect(await peer.call(1, 'stream/write', { stream, data: 'ls\r' })).toMatchObject({ result: {} });
    peer.send({ jsonrpc: '2.0', id: 2, method: 'stream/resize', params: { stream, cols: 90, rows: 30 } });
    expect(await peer.next()).toMatchObject({
      method: 'stream/resized',
      params: { stream, offset: 0, cols: 90, rows: 30 },
    });
    expect(await peer.next()).toMatchObject({ id: 2, result: {} });
    held.put('x');
    expect(await peer.next()).toMatchObject({ method: 'stream/data' });
    expect(await peer.call(3, 'stream/ack', { stream, offset: 1 })).toMatchObject({ result: {} });
    // The screen may come before the answer, as a screen of a test has nothing to draw.
    const answers = [await peer.call(4, 'stream/resync', { stream }), await peer.next()];
    expect(answers).toContainEqual(expect.objectContaining({ id: 4, result: {} }));
    expect(answers).toContainEqual(
      expect.objectContaining({
        method: 'stream/resynced',
        params: {
          stream,
          reason: 'asked',
          snapshot: { cols: 90, rows: 30, offset: 1, data: 'as before byte 1' },
        },
      }),
    );
    expect(await peer.call(5, 'stream/detach', { stream })).toMatchObject({ result: {} });
    held.put('unseen');
    expect(await peer.call(6, 'ping')).toMatchObject({ id: 6 });
    expect([held.typing, held.sizes, stage.runner.holds]).toEqual(['ls\r', [{ cols: 90, rows: 30 }], 0]);
  });

  it.each(['stream/write', 'stream/resize', 'stream/ack', 'stream/resync', 'stream/detach'])(
    'that is over is told why by %s, and one that never was is unknown',
    async (method) => {
      const { stream } = await stage.attach(peer, talk);
      const rest = { data: 'x', cols: 9, rows: 9, offset: 0 };
      const unknown = await peer.call(1, method, { ...rest, stream: 'x_99' });
      expect(errorOf(unknown)).toMatchObject({ kind: 'streamNotFound', details: { stream: 'x_99' } });
      await peer.call(2, 'stream/detach', { stream });
      const over = await peer.call(3, method, { ...rest, stream });
      expect(errorOf(over)).toMatchObject({ kind: 'streamEnded', details: { stream, reason: 'detached' } });
      const next = await stage.attach(peer, talk);
      stage.runner.stage.terminal.ending('posture');
      stage.runner.stage.held.exit({ code: null, signal: 'SIGTERM' });
      expect(await peer.next()).toMatchObject({
        method: 'stream/ended',
        params: { stream: next.stream, reason: 'posture', exit: { signal: 'SIGTERM' } },
      });
      const ended = await peer.call(4, method, { ...rest, stream: next.stream });
      expect(errorOf(ended)).toMatchObject({ kind: 'streamEnded', details: { reason: 'posture' } });
    },
  );

  it('is remembered among the last 64 that are over', async () => {
    const first = await stage.attach(peer);
    await peer.call(1, 'stream/detach', first);
    for (let n = 0; n < 63; n++) await peer.call(1, 'stream/detach', await stage.attach(peer));
    expect(errorOf(await peer.call(2, 'stream/resync', first)).kind).toBe('streamEnded');
    await peer.call(1, 'stream/detach', await stage.attach(peer));
    expect(errorOf(await peer.call(3, 'stream/resync', first)).kind).toBe('streamNotFound');
  });

  it('is nobody else’s', async () => {
    const { stream } = await stage.attach(peer, talk);
    const other = await stage.join();
    expect(errorOf(await other.call(1, 'stream/write', { stream, data: 'x' })).kind).toBe('streamNotFound');
    expect(stage.runner.stage.held.typed).toEqual([]);
  });

  it.each([
    ['stream/resize', { cols: 0, rows: 24 }],
    ['stream/resize', { cols: 80, rows: 100_000 }],
    ['stream/resize', { cols: 80 }],
    ['stream/ack', { offset: -1 }],
    ['stream/ack', { offset: 'all' }],
    ['stream/write', { data: 'x'.repeat(2 * 1024 * 1024 + 1) }],
    ['stream/write', { data: null }],
  ])('takes no %s with what cannot be meant', async (method, params) => {
    const { stream } = await stage.attach(peer, talk);
    expect(errorOf(await peer.call(1, method, { stream, ...params })).kind).toBe('invalidParams');
    expect([stage.runner.stage.held.typed, stage.runner.stage.held.sizes]).toEqual([[], []]);
  });

  it('takes no acknowledgement of what was not sent', async () => {
    const { stream } = await stage.attach(peer);
    const answer = await peer.call(1, 'stream/ack', { stream, offset: 7 });
    expect(errorOf(answer)).toMatchObject({ kind: 'ackInvalid', details: { stream, offset: 7, sent: 0 } });
  });

  it('ends with its connection: the place is free at once, the program lives on', async () => {
    const { stream } = await stage.attach(peer, talk);
    peer.send({ jsonrpc: '2.0', id: 1, method: 'stream/write', params: { stream, data: 'half' } });
    await peer.close();
    await until(() => stage.runner.holds === 0);
    const next = await stage.join();
    await stage.attach(next, talk);
    stage.runner.stage.held.put('on');
    expect(await next.next()).toMatchObject({ method: 'stream/data', params: { data: 'on' } });
  });

  it('carries junk both ways', async () => {
    const { stream } = await stage.attach(peer, { ...talk, encoding: 'base64' });
    const junk = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64');
    expect(await peer.call(1, 'stream/write', { stream, data: junk })).toMatchObject({ result: {} });
    expect(errorOf(await peer.call(2, 'stream/write', { stream, data: 'ä' })).kind).toBe('invalidParams');
    stage.runner.stage.held.put(Buffer.from(junk, 'base64'));
    expect(await peer.next()).toMatchObject({ params: { offset: 0, end: 256, data: junk } });
    expect(Buffer.concat(stage.runner.stage.held.typed).toString('base64')).toBe(junk);
  });

  it('sends text of every kind as JSON that says just that', async () => {
    await stage.attach(peer);
    const text = '"\\\u0000\u001b[0m\u2028é€\u{1f600}\r\n\u007f';
    stage.runner.stage.held.put(text);
    expect(await peer.next()).toMatchObject({
      params: { offset: 0, end: Buffer.byteLength(text), data: text },
    });
  });
});

describe('what goes out', () => {
  it('is as the protocol says', async () => {
    const { stream } = await stage.attach(peer, talk);
    const rows = new Map((table as readonly Row[]).map((row) => [row.name, row]));
    const heard = new Set<string>();
    const hear = async (): Promise<void> => {
      const message = await peer.next();
      if (!message?.method) return;
      const params = rows.get(message.method)?.params as z.AnyZodObject;
      expect(params.strict().safeParse(message.params).error).toBeUndefined();
      heard.add(message.method);
    };
    peer.send({ jsonrpc: '2.0', id: 1, method: 'stream/resync', params: { stream } });
    while (!heard.has('stream/resynced')) await hear();
    stage.runner.stage.held.put('data');
    stage.runner.stage.terminal.resize({ cols: 10, rows: 10 });
    stage.runner.stage.held.exit();
    while (!heard.has('stream/ended')) await hear();
    expect([...heard].sort()).toEqual(['stream/data', 'stream/ended', 'stream/resized', 'stream/resynced']);
  });
});

describe('without a stream', () => {
  it('what the terminal shows is told as text', async () => {
    stage.runner.stage.held.put('abc');
    const answer = await peer.call(1, 'stream/screen', { who: 'mechanic.1' });
    expect(answer?.result).toEqual({
      clone: 'mechanic.1',
      run: stage.runner.stage.held.run,
      cols: 80,
      rows: 24,
      offset: 3,
      text: 'what it shows',
      cursor: { x: 0, y: 0, visible: true },
      title: 'title',
      alternate: false,
    });
    stage.runner.open = false;
    expect(errorOf(await peer.call(2, 'stream/screen', { who: 'mechanic.1' })).kind).toBe('noTerminal');
  });

  it('what a terminal shows that ends over the question is not told', async () => {
    const { runner } = stage;
    runner.stage.screen.delay = () => {
      runner.open = false;
      return Promise.reject(new Error('the screen is closed'));
    };
    expect(errorOf(await peer.call(1, 'stream/screen', { who: 'mechanic.1' })).kind).toBe('noTerminal');
  });

  it('its history is that of the run that lives, else of the last that ended, or of the one that is named', async () => {
    const { held } = stage.runner.stage;
    held.put('live');
    const old = { run: 'b_old', tag: {}, spool: held.spool, exit: undefined };
    stage.finished = [{ ...old, run: 'b_older' }, old];
    const history = async (params: object): Promise<unknown> =>
      (await peer.call(1, 'stream/history', { who: 'mechanic.1', ...params }))?.result;
    expect(await history({})).toMatchObject({ run: held.run, live: true, next: 4, more: false });
    expect(await history({ from: { run: 'b_older', offset: 2 } })).toMatchObject({
      run: 'b_older',
      live: false,
    });
    stage.runner.open = false;
    expect(await history({})).toMatchObject({ run: 'b_old', live: false });
    const unknown = { who: 'mechanic.1', from: { run: 'b_no', offset: 0 } };
    expect(errorOf(await peer.call(2, 'stream/history', unknown)).kind).toBe('noTerminal');
  });
});
