import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelOffset,
  frame,
  FrameReader,
  outputFrame,
  putOffset,
  takeOffset,
} from '../../../../daemon/holder/program/frames.js';

const largest = 2 ** 53 - 1;

describe('frames', () => {
  it('arrive as they were sent, however they are cut on the way', () => {
    const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 })));
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(([type, payload]) => frame(type, Buffer.from(payload))));
        const got: [number, Uint8Array][] = [];
        const reader = new FrameReader((type, payload) => got.push([type, Uint8Array.from(payload)]));
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const size = sizes[cut % sizes.length] ?? 1;
          reader.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  it('carry text as UTF-8, and output with its channel and offset', () => {
    const got: [number, Buffer][] = [];
    const reader = new FrameReader((type, payload) => got.push([type, payload]));
    const chunk = Buffer.from([0, 255, 10]);
    reader.push(Buffer.concat([frame(7, 'Zoë'), outputFrame(9, 1, { offset: largest, chunk })]));
    expect(got).toEqual([
      [7, Buffer.from('Zoë')],
      [9, Buffer.concat([channelOffset(1, largest), chunk])],
    ]);
  });

  it('keep offsets of any size exactly', () => {
    const into = Buffer.alloc(8);
    fc.assert(
      fc.property(fc.maxSafeNat(), (offset) => {
        putOffset(into, 0, offset);
        expect(takeOffset(into, 0)).toBe(offset);
      }),
    );
  });

  it.each([
    { what: 'without a type', length: 0 },
    { what: 'longer than any', length: 2 ** 31 },
  ])('$what are no frames', ({ length }) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    expect(() => new FrameReader(() => undefined).push(bytes)).toThrow(RangeError);
  });
});
