import { describe, expect, it } from 'vitest';
import { wrap } from '../../../../../daemon/brains/demo/talk/cells.js';
import { Editor } from '../../../../../daemon/brains/demo/talk/editor.js';
import { type Deed, type Key, Keys } from '../../../../../daemon/brains/demo/talk/keys.js';
import { draw, type Scene } from '../../../../../daemon/brains/demo/talk/view.js';

const read = (...chunks: string[]): Key[] => {
  const keys = new Keys();
  return chunks.flatMap((chunk) => keys.read(chunk));
};

describe('what is pressed', () => {
  it('is text, and keys that do something', () => {
    expect(read('ab\r', '\x7f\x15\x03\x04')).toEqual([
      { text: 'ab' },
      { deed: 'enter' },
      { deed: 'backspace' },
      { deed: 'clear' },
      { deed: 'interrupt' },
      { deed: 'leave' },
    ]);
  });

  it('is read wherever it is cut', () => {
    const whole = 'a\x1b[C\x1bOH\x1b[200~one\r\ntwo\x1b[201~\x1b[3~\x1b[99;5uz';
    const keys = read(whole);
    expect(keys).toEqual([
      { text: 'a' },
      { deed: 'right' },
      { deed: 'home' },
      { text: 'one\ntwo' },
      { deed: 'delete' },
      { text: 'z' },
    ]);
    for (let at = 1; at < whole.length; at++) {
      expect(read(whole.slice(0, at), whole.slice(at)), `cut at ${at}`).toEqual(keys);
    }
  });

  it('is no end of line within a paste, and no text after a lone escape is lost', () => {
    expect(read('\x1b[200~/exit\r', '\x1b[201~')).toEqual([{ text: '/exit\n' }]);
    expect(read('\x1b', 'abc')).toEqual([{ text: 'abc' }]);
  });
});

describe('the line that is typed', () => {
  const typed = (...steps: (string | { deed: Deed })[]): Editor => {
    const editor = new Editor();
    for (const step of steps) {
      if (typeof step === 'string') editor.insert(step);
      else editor.edit(step.deed);
    }
    return editor;
  };

  it('is edited where the cursor is', () => {
    const editor = typed('helo', { deed: 'left' }, 'l', { deed: 'home' }, '"', { deed: 'end' }, '!');
    expect(editor.text).toBe('"hello!');
    expect(editor.cursor).toBe(7);
    editor.edit('backspace');
    editor.edit('home');
    editor.edit('delete');
    editor.edit('backspace');
    expect(editor.text).toBe('hello');
    expect(editor.take()).toBe('hello');
    expect(editor.text).toBe('');
  });

  it('loses a word, or all before the cursor', () => {
    expect(typed('one two  ', { deed: 'dropWord' }).text).toBe('one ');
    expect(typed('one two', { deed: 'left' }, { deed: 'clear' }).text).toBe('o');
  });

  it('counts characters, not halves of them', () => {
    expect(typed('a😀', { deed: 'backspace' }).text).toBe('a');
    expect(typed('x'.repeat(300_000)).text).toHaveLength(300_000);
  });
});

describe('rows', () => {
  it('are broken between words, and within a word that is longer than a row', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('a\n\nb', 4)).toEqual(['a', '', 'b']);
  });

  it('count wide characters twice and combining ones not at all', () => {
    expect(wrap('漢字漢字', 5)).toEqual(['漢字', '漢字']);
    expect(wrap('e\u0301e\u0301', 2)).toEqual(['e\u0301e\u0301']);
  });
});

describe('the drawing', () => {
  const scene = (change: Partial<Scene> = {}): Scene => ({
    header: 'header',
    entries: [
      { who: 'you', text: 'hello' },
      { who: 'demo', text: 'an answer\x1b[2J of the demo' },
    ],
    status: 'Ready.',
    input: { text: '', cursor: 0 },
    scroll: 0,
    ...change,
  });
  // eslint-disable-next-line no-control-regex
  const plain = (rows: readonly string[]): string[] => rows.map((row) => row.replace(/\x1b\[\d*m/g, ''));

  it('has the conversation above, and what is typed below', () => {
    const { rows, cursor } = draw(scene({ input: { text: 'ab', cursor: 1 } }), { cols: 30, rows: 8 });
    expect(plain(rows)).toEqual([
      'header',
      '> hello',
      '',
      'an answer[2J of the demo',
      '',
      '',
      'Ready.',
      '> ab',
    ]);
    expect(cursor).toEqual({ x: 3, y: 7 });
  });

  it('shows the end of a long conversation, and what is above when scrolled', () => {
    const entries = Array.from({ length: 50 }, (_, index) => ({ who: 'note' as const, text: `n${index}` }));
    const shown = (scroll: number): string => {
      const { rows } = draw(scene({ entries, scroll }), { cols: 30, rows: 8 });
      return plain(rows).slice(1, 6).join('|');
    };
    expect(shown(0)).toBe('· n47||· n48||· n49');
    expect(shown(4)).toBe('· n45||· n46||· n47');
    expect(shown(10_000)).toBe('· n0||· n1||· n2');
  });

  it.each([
    { cols: 1, rows: 1 },
    { cols: 2, rows: 2 },
    { cols: 3, rows: 1000 },
    { cols: 1000, rows: 3 },
    { cols: 10, rows: 6 },
  ])('fits a terminal of $cols by $rows, with the cursor on it', (size) => {
    for (const text of ['', 'x', '漢'.repeat(40), 'a\nb\tc\x07', 'x'.repeat(17)]) {
      for (let cursor = 0; cursor <= text.length; cursor++) {
        const drawing = draw(scene({ input: { text, cursor } }), size);
        expect(drawing.rows).toHaveLength(size.rows);
        expect(drawing.cursor.x).toBeLessThan(size.cols);
        expect(drawing.cursor.y).toBeLessThan(size.rows);
        expect(drawing.cursor.y).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
