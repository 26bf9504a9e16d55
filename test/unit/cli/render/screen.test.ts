import { describe, expect, it } from 'vitest';
import { drawOver, fitScreen } from '../../../../cli/render/screen.js';
import { createStyle } from '../../../../cli/render/style.js';

const style = createStyle({ colour: false, unicode: true });

describe('a picture on a terminal', () => {
  it('is whole where it fits, with a row left for the cursor', () => {
    expect(fitScreen(['a', 'b', 'c'], { rows: 4, columns: 10 }, style)).toEqual(['a', 'b', 'c']);
    expect(fitScreen(['a', 'b', 'c'], { rows: undefined, columns: 10 }, style)).toEqual(['a', 'b', 'c']);
  });

  it('says how much is left out, and counts a line that wraps as the rows it takes', () => {
    expect(fitScreen(['a', 'b', 'c', 'd'], { rows: 4, columns: 10 }, style)).toEqual([
      'a',
      'b',
      '… 2 more lines',
    ]);
    const wrapped = 'x'.repeat(21);
    expect(fitScreen(['a', wrapped, 'c'], { rows: 6, columns: 10 }, style)).toEqual(['a', wrapped, 'c']);
    expect(fitScreen(['a', wrapped, 'c'], { rows: 5, columns: 10 }, style)).toEqual(['a', '… 2 more lines']);
  });

  it('is cleared behind each line, but not where that would take its last character', () => {
    const full = createStyle({ colour: true, unicode: true }).red('x'.repeat(10));
    expect(drawOver(['ab', full], 10)).toBe(`\u001b[Hab\u001b[K\n${full}\n\u001b[J`);
  });
});
