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

  it('leaves out what matters least, shortens its titles, and cuts the rest rather than wrap', () => {
    const columnsOf = [
      { title: 'NAME' },
      { title: 'LONG TITLE', short: 'LONG', drop: 2 },
      { title: 'EXTRA', drop: 1 },
      { title: 'WHAT', shrinkTo: 8 },
    ];
    const rows = [['mechanic.1', 'abc', 'more', 'some long words']];
    const at = (columns: number): string => renderTable({ head: columnsOf, rows, style: plain, columns });
    expect(at(46)).toBe(
      'NAME        LONG TITLE  EXTRA  WHAT\nmechanic.1  abc         more   some long words\n',
    );
    expect(at(40)).toBe('NAME        LONG  EXTRA  WHAT\nmechanic.1  abc   more   some long words\n');
    expect(at(33)).toBe('NAME        LONG  EXTRA  WHAT\nmechanic.1  abc   more   some lo…\n');
    expect(at(32)).toBe('NAME        LONG  WHAT\nmechanic.1  abc   some long wor…\n');
    expect(at(20)).toBe('NAME        WHAT\nmechanic.1  some lo…\n');
    expect(at(18)).toBe('NAME        WHAT\nmechanic.1  some…\n');
    expect(at(14)).toBe('NAME    WHAT\nmecha…  some…\n');
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
