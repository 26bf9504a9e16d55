import { describe, expect, it } from 'vitest';
import { textWidth, truncate, wrap } from '../../../../cli/render/width.js';

describe('the width of text', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['naïve', 5],
    ['e\u0301', 1],
    ['漢字', 4],
    ['ｱｲｳ', 3],
    ['ＡＢ', 4],
    ['한글', 4],
    ['👍', 2],
    ['👩‍👩‍👧‍👦', 2],
    ['🇫🇷', 2],
    ['❤️', 2],
    ['❤', 1],
    ['1️⃣', 2],
    ['✓ …▸•', 5],
    ['a\u200bb', 2],
    ['𠀋', 2],
  ])('%j takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('cutting text', () => {
  it('leaves what fits', () => {
    expect(truncate('abcde', 5, '…')).toBe('abcde');
  });

  it('never cuts through a wide character or a cluster', () => {
    expect(truncate('漢字漢字', 4, '…')).toBe('漢…');
    expect(truncate('ab👩‍👩‍👧‍👦cd', 4, '…')).toBe('ab…');
  });

  it('keeps within the columns, whatever they are', () => {
    for (let columns = 0; columns < 12; columns += 1) {
      expect(textWidth(truncate('日本語 and ascii', columns, '…'))).toBeLessThanOrEqual(columns);
    }
  });
});

describe('breaking text into lines', () => {
  it('goes between words, and leaves a long word whole', () => {
    expect(wrap('  one two three', 9, '    ')).toEqual(['  one two', '    three']);
    expect(wrap('see /a/long/path now', 8, '  ')).toEqual(['see', '  /a/long/path', '  now']);
    expect(wrap('as it is', undefined, '')).toEqual(['as it is']);
  });
});
