import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unfinishedBytes } from '../../../../protocol/wire/characters.js';
import { characterStart, decodeInput } from '../../../../daemon/streams/text.js';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('unfinishedBytes', () => {
  it.each([
    ['', 0],
    ['61', 0],
    ['c3', 1],
    ['c3 a9', 0],
    ['e2', 1],
    ['e2 82', 2],
    ['e2 82 ac', 0],
    ['f0 9f', 2],
    ['f0 9f 98', 3],
    ['f0 9f 98 80', 0],
    ['61 f0 9f 98', 3],
    // None of these can become a character.
    ['80', 0],
    ['80 80 80 80', 0],
    ['c0', 0],
    ['c1', 0],
    ['f5', 0],
    ['ff', 0],
    ['e0 80', 0],
    ['ed a0', 0],
    ['f0 80', 0],
    ['f4 90', 0],
    ['e0 a0', 2],
    ['ed 9f', 2],
    ['f4 8f', 2],
    ['e2 82 ac 80', 0],
  ])('of %s is %i', (hex, count) => {
    expect(unfinishedBytes(bytesOf(hex))).toBe(count);
  });

  it('lets any bytes be cut anywhere and come out as in one piece', () => {
    const pieces = fc.constantFrom(
      '61',
      'c3a9',
      'e282ac',
      'f09f9880',
      '80',
      'ff',
      'e0',
      'ed',
      'f4',
      '9f',
      'c2',
    );
    const junk = fc.array(pieces, { maxLength: 30 }).map((parts) => bytesOf(parts.join('')));
    fc.assert(
      fc.property(junk, fc.array(fc.nat(6), { minLength: 1 }), (bytes, steps) => {
        let text = '';
        let sent = 0;
        for (let there = 0, n = 0; there < bytes.length; n++) {
          there = Math.min(bytes.length, there + (steps[n % steps.length] ?? 0) + 1);
          const piece = bytes.subarray(sent, there);
          const whole = there === bytes.length ? piece.length : piece.length - unfinishedBytes(piece);
          text += piece.toString('utf8', 0, whole);
          sent += whole;
        }
        expect(text).toBe(bytes.toString());
      }),
      { numRuns: 2000 },
    );
  });
});

describe('characterStart', () => {
  const source = (hex: string): { end: number; read(offset: number, max: number): Buffer | undefined } => {
    const bytes = bytesOf(hex);
    return { end: bytes.length, read: (offset, max) => bytes.subarray(offset, offset + max) };
  };

  it.each([
    ['61 f0 9f 98 80 62', [0, 1, 1, 1, 1, 5, 6]],
    ['ff 80 80 80 62', [0, 1, 2, 3, 4, 5]],
  ])('of the places in %s is %j', (hex, starts) => {
    const output = source(hex);
    expect(starts.map((_, offset) => characterStart(output, offset))).toEqual(starts);
  });

  it('is the place itself where what comes before is no longer kept', () => {
    expect(characterStart({ end: 9, read: () => undefined }, 5)).toBe(5);
  });
});

describe('what is typed', () => {
  it.each(['', 'AA==', 'AAA=', 'AAAA', 'AAAAAA==', '+/+/'])('is taken as base64: %j', (data) => {
    expect(decodeInput(data, 'base64')?.toString('base64')).toBe(data);
  });

  it.each(['A', 'AA', 'AAA', 'AA=A', 'AA==AAAA', 'ä===', 'AA==\n', '-_-_', '===='])(
    'is no base64: %j',
    (data) => {
      expect(decodeInput(data, 'base64')).toBeUndefined();
    },
  );

  it('is taken as the text it is, junk and halves of characters included', () => {
    expect(decodeInput('\u0000\u001b\u007fé\ud800', 'text')).toEqual(
      Buffer.from('\u0000\u001b\u007fé\ufffd'),
    );
  });
});
