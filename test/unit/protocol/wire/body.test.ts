import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../../protocol/wire/body.js';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('parseBody', () => {
  it('agrees with JSON.parse on any value within the depth, and refuses any beyond', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), fc.integer({ min: 1, max: 12 }), (value, depth) => {
        const parsed = parseBody(Buffer.from(JSON.stringify(value)), depth);
        const tooDeep = { ok: false, reason: `it nests deeper than ${depth} levels` };
        const read = { ok: true, value: JSON.parse(JSON.stringify(value)) as unknown };
        expect(parsed).toEqual(depthOf(value) > depth ? tooDeep : read);
      }),
      { numRuns: 500 },
    );
  });

  it('does not take brackets in strings for nesting', () => {
    const value = ['[[[[{{{{"\\', `\\"${'['.repeat(500)}`, { ['{'.repeat(500)]: '\\\\' }];
    expect(parseBody(Buffer.from(JSON.stringify(value)), 2)).toEqual({ ok: true, value });
  });

  it('refuses deep nesting without parsing it', () => {
    expect(parseBody(Buffer.from('['.repeat(4_000_000)))).toMatchObject({
      reason: expect.stringContaining('64'),
    });
  });

  it('refuses what is not UTF-8, also inside strings', () => {
    expect(parseBody(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({
      reason: expect.stringContaining('UTF-8'),
    });
    expect(parseBody(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toMatchObject({ ok: false });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof parseBody(Buffer.from(bytes), 3).ok).toBe('boolean');
      }),
    );
  });
});
