import { describe, expect, it } from 'vitest';
import { createStyle } from '../../../../cli/render/style.js';
import { renderFields, renderTable } from '../../../../cli/render/table.js';
import { textWidth } from '../../../../cli/render/width.js';

const plain = createStyle({ colour: false, unicode: true });
const colour = createStyle({ colour: true, unicode: true });
const head = [{ title: 'NAME' }, { title: 'WHAT', shrinkTo: 4 }, { title: 'N', align: 'right' as const }];

describe('a table', () => {
  it('lines its columns up, wide characters included', () => {
    const rows = [
      ['a', '漢字', '1'],
      ['bb', 'text', '100'],
    ];
    expect(renderTable({ head, rows, style: plain })).toBe(
      'NAME  WHAT    N\na     漢字    1\nbb    text  100\n',
    );
  });

  it('is cut to the terminal, and not at all in a pipe', () => {
    const rows = [['mechanic.1', 'a rather long description of it', '1']];
    const narrow = renderTable({ head, rows, style: plain, columns: 30 });
    expect(narrow.split('\n').every((line) => textWidth(line) <= 30)).toBe(true);
    expect(narrow).toContain('…');
    expect(renderTable({ head, rows, style: plain })).toContain('a rather long description of it');
  });

  it('never cuts a column that must be read whole', () => {
    const rows = [['mechanic.1', 'text', '1']];
    expect(renderTable({ head, rows, style: plain, columns: 5 })).toContain('mechanic.1');
  });

  it('pads as if there were no colour', () => {
    const rows = [[{ text: 'x', paint: colour.red }, 'y', '1']];
    const painted = renderTable({ head, rows, style: colour });
    // eslint-disable-next-line no-control-regex -- colour codes are the subject
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(
      renderTable({ head, rows: [['x', 'y', '1']], style: plain }),
    );
    expect(painted).toContain('\u001b[31mx\u001b[39m');
  });

  it('keeps hostile cells on their line', () => {
    const out = renderTable({ head, rows: [['a\u001b[2J\nb', 'c\td', '1']], style: plain });
    expect(out.split('\n')).toHaveLength(3);
    expect(out).not.toContain('\u001b');
  });
});

describe('fields', () => {
  it('leave out what there is not', () => {
    expect(
      renderFields(
        [
          ['one', '1'],
          ['none', undefined],
          ['three', '3'],
        ],
        plain,
      ),
    ).toBe('one    1\nthree  3\n');
  });
});
