import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHolder, laneFrame, LaneReader, places, toHolder } from '../../../../client/streams/laneWire.js';
import { frame, outputFrame, putOffset } from '../../../../daemon/holder/program/frames.js';
import { fromLane, toLane } from '../../../../daemon/holder/program/wire.js';

/** What a reader tells of chunks, pieces of output that follow each other as one. */
function read(chunks: readonly Buffer[]): unknown[] {
  const told: unknown[] = [];
  const reader = new LaneReader({
    opened: () => void told.push('opened'),
    taken: () => void told.push('taken'),
    full: () => void told.push('full'),
    over: (offset) => void told.push(['over', offset]),
    resized: (offset, size) => void told.push(['resized', offset, size]),
    output(offset, bytes) {
      const last = told.at(-1) as { end?: number; bytes: Buffer } | undefined;
      if (last?.end === offset) {
        last.bytes = Buffer.concat([last.bytes, bytes]);
        last.end += bytes.length;
      } else told.push({ offset, end: offset + bytes.length, bytes: Buffer.from(bytes) });
    },
  });
  for (const chunk of chunks) reader.push(chunk);
  return told;
}

const big = 2 ** 40 + 5;
const place = Buffer.alloc(8);
putOffset(place, 0, big);

describe('the frames of a lane', () => {
  it('are the same on both sides', () => {
    expect(toHolder).toEqual(fromLane);
    expect(fromHolder).toEqual(toLane);
    expect(laneFrame(toHolder.input, Buffer.from('key'))).toEqual(frame(fromLane.input, 'key'));
    expect(places(big, 7)).toEqual(Buffer.concat([place, Buffer.from([0, 0, 0, 0, 0, 0, 0, 7])]));
  });

  it('are read whole, however they are cut', () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 256));
    const resized = Buffer.concat([place, Buffer.from([0, 80, 0, 24])]);
    const whole = Buffer.concat([
      frame(toLane.opened),
      frame(toLane.taken),
      outputFrame(toLane.output, 0, { offset: big, chunk: bytes }),
      frame(toLane.resized, resized),
      outputFrame(toLane.output, 0, { offset: big + 5000, chunk: Buffer.from('x') }),
      frame(99, 'what a later release says'),
      frame(toLane.full),
      frame(toLane.over, place),
    ]);
    const cuts = fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (some) => {
        const ends = [...some.toSorted((a, b) => a - b), whole.length];
        const chunks = ends.map((end, at) => whole.subarray(ends[at - 1] ?? 0, end));
        expect(read(chunks)).toEqual([
          'opened',
          'taken',
          { offset: big, end: big + 5000, bytes },
          ['resized', big, { cols: 80, rows: 24 }],
          { offset: big + 5000, end: big + 5001, bytes: Buffer.from('x') },
          'full',
          ['over', big],
        ]);
      }),
    );
  });

  it.each([
    ['an empty one', Buffer.from([0, 0, 0, 0, 16])],
    ['a long one that is no output', Buffer.from([0, 0, 1, 0, 20])],
    ['output without a place', Buffer.from([0, 0, 0, 9, 19])],
    ['endless output', Buffer.from([255, 255, 255, 255, 19])],
  ])('are refused where there is %s', (_, bytes) => {
    expect(() => read([bytes])).toThrow(RangeError);
  });
});
