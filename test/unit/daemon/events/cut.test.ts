import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedObject, cut, cutTitle } from '../../../../daemon/events/cut.js';

const loneSurrogate = /\p{Surrogate}/u;
const text = fc.string({ unit: 'binary', maxLength: 60 });

describe('cutTitle', () => {
  it('keeps a title that fits a line, and shortens any other', () => {
    expect(cutTitle('x'.repeat(160))).toBe('x'.repeat(160));
    expect(cutTitle('x'.repeat(161))).toBe(`${'x'.repeat(159)}…`);
  });
});

describe('cut', () => {
  it('keeps what fits', () => {
    expect(cut('abc', 3)).toEqual({ text: 'abc' });
    expect(cut('', 1)).toEqual({ text: '' });
  });

  it('says that it cut', () => {
    expect(cut('abcd', 3)).toEqual({ text: 'abc', truncated: true });
  });

  it('never parts a pair', () => {
    expect(cut('ab😀c', 3)).toEqual({ text: 'ab', truncated: true });
    expect(cut('ab😀c', 4)).toEqual({ text: 'ab😀', truncated: true });
  });

  it('gives a head of the text, no longer than asked and at most one unit shorter', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60 }), (whole, max) => {
        const { text: head, truncated } = cut(whole, max);
        expect(whole.startsWith(head)).toBe(true);
        expect(head.length).toBeLessThanOrEqual(max);
        expect(truncated === true).toBe(whole.length > max);
        if (truncated) expect(head.length).toBeGreaterThanOrEqual(max - 1);
        if (!loneSurrogate.test(whole)) expect(head).not.toMatch(loneSurrogate);
      }),
    );
  });
});

describe('boundedObject', () => {
  it.each([
    [{ a: 1 }, { a: 1 }],
    [undefined, {}],
    [null, {}],
    ['text', { value: 'text' }],
    [[1, 2], { value: [1, 2] }],
    [{ a: undefined, b: () => 1 }, {}],
    [() => 1, {}],
  ])('makes an object of %j', (input, object) => {
    expect(boundedObject(input, 100)).toEqual(object);
  });

  it('shows the head of what is too long', () => {
    const { truncated, preview } = boundedObject({ content: 'x'.repeat(5000) }, 3000);
    expect(truncated).toBe(true);
    expect(preview).toBe(`{"content":"${'x'.repeat(2000 - 12)}`);
  });

  it('is bounded whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 50, max: 200 }), (value, max) => {
        // The preview is a JSON text inside a JSON text: escaped once more, twice as long at most, but for control characters.
        expect(JSON.stringify(boundedObject(value, max)).length).toBeLessThanOrEqual(6 * max + 60);
      }),
    );
  });
});
