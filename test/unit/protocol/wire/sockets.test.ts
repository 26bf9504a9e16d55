import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../../protocol/wire/frames.js';
import { FrameReader } from '../../../../protocol/wire/reader.js';
import { FrameWriter } from '../../../../protocol/wire/writer.js';
import { socketPair } from '../../../support/rpc/place.js';

type Pair = Awaited<ReturnType<typeof socketPair>>;
const pairs: Pair[] = [];
const makePair = async (): Promise<Pair> => {
  const pair = await socketPair();
  pairs.push(pair);
  return pair;
};
afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.remove();
});

describe('FrameReader', () => {
  it('lets other work run between slices of one chunk', async () => {
    const { near, far } = await makePair();
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      const reader = new FrameReader(
        far,
        {
          body: (body) => {
            const text = body.toString();
            if (seen.length === 0) setImmediate(() => seen.push('other work'));
            seen.push(text);
            if (text === '{"n":29}') resolve();
          },
          broken: () => {},
          ended: () => {},
        },
        { budget: { frames: 10, ms: 1000 } },
      );
      reader.start();
    });
    near.write(Array.from({ length: 30 }, (_, n) => encodeFrame({ n }).text).join(''));
    await done;
    expect(seen.indexOf('other work')).toBeLessThan(30);
    expect(seen.filter((text) => text !== 'other work')).toEqual(
      Array.from({ length: 30 }, (_, n) => JSON.stringify({ n })),
    );
  });

  it('takes nothing while held and everything after', async () => {
    const { near, far } = await makePair();
    const seen: string[] = [];
    let seenWhileHeld = 0;
    let reader: FrameReader | undefined;
    const ended = new Promise<boolean>((resolve) => {
      reader = new FrameReader(far, {
        body: (body) => {
          seen.push(body.toString());
          if (seen.length === 1) {
            reader?.hold();
            setImmediate(() => {
              seenWhileHeld = seen.length;
              reader?.release();
            });
          }
        },
        broken: () => {},
        ended: resolve,
      });
      reader.start();
    });
    near.end(`${[1, 2, 3].map((n) => encodeFrame({ n }).text).join('')}Content-Le`);
    expect(await ended).toBe(true);
    expect(seenWhileHeld).toBe(1);
    expect(seen).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });

  it('tells of bytes that are no frame once, and reads no more', async () => {
    const { near, far } = await makePair();
    const told: string[] = [];
    const ended = new Promise<void>((resolve) => {
      new FrameReader(far, {
        body: (body) => told.push(body.toString()),
        broken: (error) => told.push(error.message),
        ended: () => resolve(),
      }).start();
    });
    near.end(`${encodeFrame({}).text}garbage\r\n\r\n${encodeFrame({}).text}`);
    await ended;
    expect(told).toEqual(['{}', expect.stringContaining('Name: value')]);
  });
});

describe('FrameWriter', () => {
  it('counts what is not taken, presses, drains, and counts back to nothing', async () => {
    const { near, far } = await makePair();
    far.pause();
    const told: string[] = [];
    const drained = new Promise<void>((resolve) => {
      const writer = new FrameWriter(
        near,
        {
          pressed: () => told.push('pressed'),
          drained: () => {
            told.push('drained');
            resolve();
          },
        },
        { pressureBytes: 1_000_000, overflowBytes: 100_000_000 },
      );
      const text = 'é'.repeat(100_000);
      while (!writer.pressed) expect(writer.write({ text })).toBe('sent');
      expect(writer.queuedBytes).toBeGreaterThanOrEqual(1_000_000);
    });
    far.resume();
    await drained;
    expect(told).toEqual(['pressed', 'drained']);
  });

  it('tells of overflow once, and takes nothing after it', async () => {
    const { near, far } = await makePair();
    far.pause();
    const told: number[] = [];
    const writer = new FrameWriter(
      near,
      { overflowed: (bytes) => told.push(bytes) },
      { overflowBytes: 500_000 },
    );
    const text = 'x'.repeat(200_000);
    let outcome = writer.write({ text });
    while (outcome === 'sent') outcome = writer.write({ text });
    expect(outcome).toBe('gone');
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThanOrEqual(500_000);
  });

  it('refuses a message over the limit and goes on, and is quiet on a dead socket', async () => {
    const { near } = await makePair();
    const writer = new FrameWriter(near, {}, { bodyBytes: 100 });
    expect(writer.write({ text: 'x'.repeat(200) })).toBe('tooLong');
    expect(writer.write({})).toBe('sent');
    near.destroy();
    await once(near, 'close');
    expect(writer.write({})).toBe('gone');
  });

  it('sends JSON that is made already, as text or as bytes, in order, and tells when the kernel has it', async () => {
    const { near, far } = await makePair();
    const came: string[] = [];
    const all = new Promise<void>((resolve) => {
      new FrameReader(far, {
        body: (body) => came.push(body.toString()) === 4 && resolve(),
        broken: () => {},
        ended: () => {},
      }).start();
    });
    const writer = new FrameWriter(near);
    const parts = { before: '{"n":', after: '}' };
    const taken = [1, 2, 3].map(
      (n) =>
        new Promise<number>((resolve) => {
          const json = JSON.stringify(`é${n}`);
          const middle = n === 2 ? Buffer.from(json) : json;
          expect(writer.writeJson({ ...parts, middle }, () => resolve(n))).toBe('sent');
        }),
    );
    writer.write({ n: 4 });
    expect(writer.queuedBytes).toBeGreaterThan(100);
    expect(await Promise.all(taken)).toEqual([1, 2, 3]);
    await all;
    expect(came).toEqual(['{"n":"é1"}', '{"n":"é2"}', '{"n":"é3"}', '{"n":4}']);
    expect(writer.queuedBytes).toBe(0);
  });

  it('does not tell that the kernel has what it never took', async () => {
    const { near } = await makePair();
    const writer = new FrameWriter(near, {}, { bodyBytes: 20_000_000 });
    let taken = 0;
    const middle = Buffer.from(JSON.stringify('x'.repeat(10_000_000)));
    writer.writeJson({ before: '', middle, after: '' }, () => (taken += 1));
    near.destroy();
    await once(near, 'close');
    expect(writer.writeJson({ before: '', middle, after: '' }, () => (taken += 1))).toBe('gone');
    expect(taken).toBe(0);
  });
});
