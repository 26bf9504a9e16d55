import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setUnexpectedErrorHandler } from '../../../../daemon/lifecycle.js';
import { FakeHeldTerminal } from '../../../support/heldTerminal.js';
import { FakeClient, HubStage, turns } from '../../../support/viewers.js';

const mib = 1024 * 1024;

let stage: HubStage;
let client: FakeClient;
beforeEach(() => {
  stage = new HubStage();
  client = new FakeClient();
});
afterEach(() => {
  stage.terminal.dispose();
  vi.useRealTimers();
});

/** Output of this many bytes, of which no two places nearby look alike. */
const output = (bytes: number): Buffer => {
  const data = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) data.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  return data;
};

describe('a viewer', () => {
  it('gets the screen, and every byte from there in the turn it is put out, once its answer was sent', async () => {
    stage.held.put('before');
    const viewer = await stage.open(client);
    expect(viewer).toMatchObject({ offset: 6, size: { cols: 80, rows: 24 }, run: stage.held.run });
    expect(viewer.snapshot?.offset).toBe(6);
    stage.held.put(' meanwhile');
    expect(client.told).toEqual([]);
    viewer.begin();
    stage.held.put(' after');
    expect(client.told).toEqual([
      { type: 'data', offset: 6, end: 16, data: ' meanwhile' },
      { type: 'data', offset: 16, end: 22, data: ' after' },
    ]);
  });

  it('goes on where the screen is not whole: at the beginning of a sequence', async () => {
    stage.held.put('text\u001b[3');
    stage.screen.backing = 3;
    const viewer = await stage.open(client);
    stage.held.put('1mred');
    expect(viewer.snapshot?.offset).toBe(4);
    viewer.begin();
    expect(client.text).toBe('\u001b[31mred');
    expect(client.of('data')[0]?.offset).toBe(4);
  });

  it('gets what was put out while its screen was drawn', async () => {
    stage.held.put('before');
    let draw = (): void => {};
    stage.screen.delay = () => new Promise<void>((resolve) => (draw = resolve));
    const opening = stage.attach(client);
    stage.held.put(' and meanwhile');
    draw();
    await opening;
    expect(client.text).toBe(' and meanwhile');
  });

  it('never gets half a character, and gets it whole later', async () => {
    await stage.attach(client);
    const euro = Buffer.from('€');
    stage.held.put(Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]));
    expect(client.told).toEqual([{ type: 'data', offset: 0, end: 1, data: 'a' }]);
    stage.held.put(euro.subarray(2));
    expect(client.told[1]).toEqual({ type: 'data', offset: 1, end: 4, data: '€' });
  });

  it('gets invalid bytes replaced, or exactly in base64', async () => {
    const exact = new FakeClient();
    await stage.attach(client);
    await stage.attach(exact, { encoding: 'base64' });
    const junk = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x00, 0xe2, 0x82]);
    stage.held.put(junk);
    expect(client.text).toBe('a\ufffd\ufffd(\u0000');
    expect(exact.bytes).toEqual(junk);
  });

  it('gets half a character when nothing follows it', async () => {
    await stage.attach(client);
    stage.held.put(Buffer.from([0x61, 0xe2, 0x82]));
    stage.held.exit();
    await stage.terminal.exited;
    expect(client.text).toBe('a\ufffd');
    expect(client.of('data').at(-1)?.end).toBe(3);
  });

  it('goes on where an earlier stream broke off, without a screen', async () => {
    stage.held.put('0123456789');
    const from = { run: stage.held.run, offset: 4 };
    const viewer = await stage.attach(client, { from });
    expect(viewer).toMatchObject({ offset: 10, snapshot: undefined });
    expect(client.told).toEqual([{ type: 'data', offset: 4, end: 10, data: '456789' }]);
  });

  it('goes on at the beginning of a character it was in the middle of, or exactly there in base64', async () => {
    stage.held.put('a€b');
    const exact = new FakeClient();
    const from = { run: stage.held.run, offset: 3 };
    const viewer = await stage.open(client, { from });
    expect(viewer.offset).toBe(1);
    viewer.begin();
    await stage.attach(exact, { from, encoding: 'base64' });
    expect(client.text).toBe('€b');
    expect(exact.bytes).toEqual(Buffer.from('€b').subarray(2));
  });

  it.each([
    ['another run', { run: 'b_other', offset: 4 }],
    ['bytes that are yet to come', { run: 'b_0123456789abcdef', offset: 11 }],
    ['bytes that are no longer kept', { run: 'b_0123456789abcdef', offset: 1 }],
  ])('gets the screen where it would go on with %s', async (_, from) => {
    const held = new FakeHeldTerminal();
    held.put('0123456789');
    held.kept = 2;
    stage = new HubStage(held);
    const viewer = await stage.open(client, { from });
    expect(viewer.snapshot?.offset).toBe(10);
    viewer.begin();
    expect(client.told).toEqual([]);
  });

  it('goes on with what is only in the spool, and has all the sizes since', async () => {
    const data = output(3 * mib);
    stage.held.put(data.subarray(0, mib));
    stage.terminal.resize({ cols: 100, rows: 30 });
    stage.held.put(data.subarray(mib));
    const from = { run: stage.held.run, offset: 1000 };
    const viewer = await stage.open(client, { from, encoding: 'base64' });
    expect(viewer.size).toEqual({ cols: 80, rows: 24 });
    viewer.begin();
    while (client.reached < data.length) {
      if (client.reached > 0) viewer.ack(client.reached);
      await turns(1);
    }
    expect(client.bytes.equals(data.subarray(1000))).toBe(true);
    const at = client.told.findIndex(({ type }) => type === 'resized');
    expect(client.told[at]).toEqual({ type: 'resized', offset: mib, size: { cols: 100, rows: 30 } });
    expect(client.told[at - 1]).toMatchObject({ type: 'data', end: mib });
    expect(client.of('resynced')).toEqual([]);
  });
});

describe('a viewer that is sent much', () => {
  it('has at most 1 MiB on its way, in pieces of at most 64 KiB, and goes on as it reads', async () => {
    const viewer = await stage.attach(client, { encoding: 'base64', lossless: true });
    const data = output(2 * mib);
    stage.held.put(data);
    await turns(50);
    expect(client.reached).toBe(mib);
    expect(Math.max(...client.of('data').map(({ offset, end }) => end - offset))).toBe(64 * 1024);
    viewer.ack(1000);
    expect(client.reached).toBe(mib + 1000);
    viewer.ack(mib);
    await turns(50);
    expect(client.bytes.equals(data)).toBe(true);
  });

  it('gathers while its socket has not taken what it was sent', async () => {
    client.quick = false;
    await stage.attach(client);
    for (const key of 'abcdef') stage.held.put(key);
    expect(client.of('data')).toHaveLength(1);
    client.take();
    expect(client.of('data').map(({ data }) => data)).toEqual(['a', 'bcdef']);
  });

  it('waits while too much waits for its connection, and the others do not', async () => {
    const other = new FakeClient();
    await stage.attach(client);
    await stage.attach(other);
    client.full = true;
    stage.held.put('one');
    stage.held.put('two');
    expect([client.text, other.text]).toEqual(['', 'onetwo']);
    client.drain();
    expect(client.of('data')).toEqual([{ type: 'data', offset: 0, end: 6, data: 'onetwo' }]);
  });

  it('gives others their turn while it catches up', async () => {
    const data = output(mib);
    stage.held.put(data);
    await stage.attach(client, { from: { run: stage.held.run, offset: 0 }, encoding: 'base64' });
    expect(client.reached).toBe(256 * 1024);
    await turns(1);
    expect(client.reached).toBe(512 * 1024);
  });

  it('shares the encoding with others who are at the same place', async () => {
    const other = new FakeClient();
    const viewers = [await stage.attach(client), await stage.attach(other)];
    client.quick = other.quick = false;
    stage.held.put('x');
    stage.held.put(output(300_000));
    for (let n = 0; n < 20; n++) {
      client.take();
      other.take();
      await turns(1);
    }
    expect(client.told).toEqual(other.told);
    expect(viewers.map(({ offset }) => offset)).toEqual([300_001, 300_001]);
  });
});

describe('a viewer that does not keep up', () => {
  it('gets the screen anew once it reads again, and only then', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('a'.repeat(mib + 10));
    await turns(50);
    expect(client.reached).toBe(mib);
    stage.held.put('b'.repeat(mib));
    await turns();
    expect(client.of('resynced')).toEqual([]);
    viewer.ack(10);
    await turns();
    const end = 2 * mib + 10;
    expect(client.told.at(-1)).toMatchObject({ type: 'resynced', reason: 'slow', snapshot: { offset: end } });
    expect(viewer.offset).toBe(end);
    viewer.ack(mib);
    stage.held.put('c');
    expect(client.told.at(-1)).toEqual({ type: 'data', offset: end, end: end + 1, data: 'c' });
  });

  it('keeps its place while it is less than 1 MiB behind', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('a'.repeat(mib));
    await turns(50);
    stage.held.put('b'.repeat(mib));
    viewer.ack(mib);
    await turns(50);
    expect(client.of('resynced')).toEqual([]);
    expect(client.text).toBe('a'.repeat(mib) + 'b'.repeat(mib));
  });

  it('is not called slow for a chunk that is longer than what it may be behind', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('a'.repeat(3 * mib));
    await turns();
    expect(client.of('resynced')).toEqual([]);
    expect(viewer.offset).toBe(mib);
  });

  it('loses nothing where it is to lose nothing, as long as the spool has it', async () => {
    const viewer = await stage.attach(client, { lossless: true, encoding: 'base64' });
    const data = output(5 * mib);
    for (let at = 0; at < data.length; at += 100_000) stage.held.put(data.subarray(at, at + 100_000));
    while (client.reached < data.length) {
      await turns(1);
      viewer.ack(client.reached);
    }
    expect(client.bytes.equals(data)).toBe(true);
    expect(client.of('resynced')).toEqual([]);
  });

  it('gets the screen even so once the spool no longer has its place', async () => {
    const viewer = await stage.attach(client, { lossless: true });
    stage.held.put('a'.repeat(4 * mib));
    await turns(50);
    stage.held.kept = 2 * mib;
    viewer.ack(mib);
    await turns();
    expect(client.told.at(-1)).toMatchObject({
      type: 'resynced',
      reason: 'lost',
      snapshot: { offset: 4 * mib },
    });
  });

  it('gets the screen when it asks for it, also while it is behind', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('a'.repeat(mib + 5));
    await turns(50);
    viewer.resync();
    await turns();
    expect(client.told.at(-1)).toMatchObject({
      type: 'resynced',
      reason: 'asked',
      snapshot: { offset: mib + 5 },
    });
    viewer.ack(mib + 5);
    stage.held.put('b');
    expect(client.told.at(-1)).toMatchObject({ type: 'data', data: 'b' });
  });

  it.each(['asked', 'slow'] as const)(
    'gets no screen (%s) while too much waits for its connection, but one of then',
    async (reason) => {
      const viewer = await stage.attach(client);
      // As where the screens of others on the same connection come first.
      stage.screen.delay = () => {
        client.full = true;
        return undefined;
      };
      stage.held.put('a'.repeat(mib));
      await turns(50);
      if (reason === 'slow') stage.held.put('b'.repeat(mib + 1));
      else viewer.resync();
      viewer.ack(mib);
      await turns();
      stage.screen.delay = () => undefined;
      stage.held.put('c');
      await turns();
      expect(client.of('resynced')).toEqual([]);
      client.drain();
      await turns();
      const { end } = stage.terminal.output;
      expect(client.told.at(-1)).toMatchObject({ type: 'resynced', reason, snapshot: { offset: end } });
    },
  );

  it('gets the screen in the end when it could not be had at first', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const viewer = await stage.attach(client);
    const reported: unknown[] = [];
    setUnexpectedErrorHandler((error) => reported.push(error));
    let failures = 0;
    stage.screen.delay = () => (++failures <= 4 ? Promise.reject(new Error('died')) : undefined);
    viewer.resync();
    await turns();
    expect(failures).toBe(3);
    expect(client.told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.of('resynced')).toHaveLength(1);
    expect(reported).toHaveLength(1);
  });
});

describe('a viewer that reads nothing', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));

  it('is let go 30 s after its credit was used up', async () => {
    const viewer = await stage.attach(client, { lossless: true });
    let reason: string | undefined;
    viewer.onEnd((why) => (reason = why));
    stage.held.put('a'.repeat(2 * mib));
    await turns(50);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(client.end).toBeUndefined();
    viewer.ack(1);
    await turns();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(client.end).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(client.of('ended')).toEqual([{ type: 'ended', reason: 'stalled', exit: undefined }]);
    expect(reason).toBe('stalled');
  });

  it('is let go when its socket takes nothing', async () => {
    client.quick = false;
    await stage.attach(client);
    stage.held.put('a');
    stage.held.put('b');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(client.end).toBe('stalled');
  });

  it('stays for ever where nothing waits for it', async () => {
    await stage.attach(client);
    stage.held.put('a'.repeat(1000));
    await vi.advanceTimersByTimeAsync(3_600_000);
    stage.held.put('b');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(client.end).toBeUndefined();
  });
});

describe('an acknowledgement', () => {
  it('is refused beyond what was sent, and changes nothing', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('abc');
    expect(() => viewer.ack(4)).toThrow(
      expect.objectContaining({ kind: 'ackInvalid', details: { stream: 'x_1', offset: 4, sent: 3 } }),
    );
    viewer.ack(3);
    viewer.ack(1);
    viewer.ack(0);
  });

  it('of what was sent before a step back to the beginning of a sequence is taken', async () => {
    const viewer = await stage.attach(client);
    stage.held.put('text\u001b[3');
    stage.screen.backing = 3;
    viewer.resync();
    await turns();
    expect(client.of('resynced')[0]?.snapshot.offset).toBe(4);
    expect(() => viewer.ack(7)).not.toThrow();
  });
});
