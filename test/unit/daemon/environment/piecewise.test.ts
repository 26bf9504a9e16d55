import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blotOut, PiecewiseBlot } from '../../../../daemon/environment/piecewise.js';

const needles = [
  { name: 'LONG', value: 'abcabcabdx' },
  { name: 'SHORT', value: 'abcabcab' },
  { name: 'OTHER', value: 'cabbacab' },
];

const inPieces = (pieces: readonly string[]): string[] => {
  const blot = new PiecewiseBlot(needles);
  return [...pieces.map((piece) => blot.push(piece)), blot.end()];
};

describe('blotting out secrets of a text in pieces', () => {
  it('hides one that is cut anywhere, and hands on what comes before it at once', () => {
    for (let at = 0; at <= 10; at++) {
      const shown = inPieces([`x ${'abcabcabdx'.slice(0, at)}`, `${'abcabcabdx'.slice(at)} y`]);
      expect(shown.join('')).toBe('x [LONG] y');
      expect(shown[0]?.startsWith('x ')).toBe(true);
    }
  });

  it('holds nothing back that cannot become one', () => {
    expect(inPieces(['hello ', 'world'])).toEqual(['hello ', 'world', '']);
  });

  it('tells what was held back when it was none', () => {
    expect(inPieces(['see abcab', 'le'])).toEqual(['see ', 'abcable', '']);
    expect(inPieces(['see abcab'])).toEqual(['see ', 'abcab']);
  });

  it('never shows a secret, however it is cut, and shows all else', () => {
    // Of few letters, so that beginnings of secrets, and secrets that overlap, are frequent.
    const piece = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'x'), maxLength: 6 }),
      fc.constantFrom('abcabcabdx', 'abcabcab', 'cabbacab'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const shown = inPieces(pieces).join('');
        for (const { value } of needles) expect(shown).not.toContain(value);
        if (blotOut(needles, pieces.join('')) === pieces.join('')) expect(shown).toBe(pieces.join(''));
      }),
      { numRuns: 2000 },
    );
  });
});
