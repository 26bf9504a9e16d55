import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takePicture } from '../../../../cli/terminal/picture.js';
import { Vt } from '../../../../cli/terminal/vt.js';

const size = { cols: 20, rows: 5 };

async function picture(output: string, window = size) {
  using vt = await Vt.open(size);
  await vt.write(output);
  return takePicture(vt, window);
}

/** Every cell of a screen: its text and how it looks. */
function cells(vt: Vt): unknown[] {
  const { active } = vt.terminal.buffer;
  return Array.from({ length: size.rows }, (_, row) =>
    Array.from({ length: size.cols }, (__, column) => {
      const cell = active.getLine(active.baseY + row)?.getCell(column);
      if (cell === undefined) return 'none';
      const text = cell.getChars() === '' && cell.getWidth() === 1 ? ' ' : cell.getChars();
      const looks = [cell.isBold(), cell.isItalic(), cell.isUnderline(), cell.isInverse(), cell.isDim()].map(
        Number,
      );
      return [
        text,
        cell.getWidth(),
        cell.getFgColorMode(),
        cell.getFgColor(),
        cell.getBgColorMode(),
        cell.getBgColor(),
        looks,
      ];
    }),
  );
}

describe('a picture of a screen', () => {
  it('has its text, its colours and its cursor', async () => {
    expect(await picture('plain\r\n\x1b[1;31mred\x1b[0m end')).toEqual({
      lines: ['plain', '\x1b[0;1;31mred\x1b[0m end', '', '', ''],
      cursor: { x: 7, y: 1 },
    });
    expect((await picture('\x1b[?25l')).cursor).toBeUndefined();
  });

  it('of a smaller window is the part that the cursor is in', async () => {
    const narrow = { cols: 10, rows: 2 };
    expect(await picture('0123456789abcdef\r\nx', narrow)).toEqual({
      lines: ['0123456789', 'x'],
      cursor: { x: 1, y: 1 },
    });
    expect(await picture('top\r\n\r\n\r\n0123456789abcdef', narrow)).toEqual({
      lines: ['', '789abcdef'],
      cursor: { x: 9, y: 1 },
    });
  });

  it('cuts no wide character in two', async () => {
    expect((await picture('日本語日本語', { cols: 5, rows: 5 })).lines[0]).toBe('本語 '.trimEnd());
  });

  it('drawn on another terminal looks the same', async () => {
    const look = fc.constantFrom(
      '\x1b[0m',
      '\x1b[1;3m',
      '\x1b[4;7m',
      '\x1b[32;44m',
      '\x1b[38;5;200m',
      '\x1b[48;2;1;2;3m',
      '\x1b[91m',
      '\x1b[2m',
    );
    const text = fc.constantFrom('a', 'word ', ' ', '日', 'é', 'e\u0301', '\r\n', '\x1b[3C', '\x1b[K', '─');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(look, text), { maxLength: 60 }), async (pieces) => {
        using original = await Vt.open(size);
        await original.write(pieces.join(''));
        const { lines } = takePicture(original, size);
        using copy = await Vt.open(size);
        await copy.write(lines.map((line, row) => `\x1b[${row + 1};1H${line}`).join(''));
        expect(cells(copy)).toEqual(cells(original));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what a screen has gained', () => {
  it('is the text since a place, without what stood before it on its line', async () => {
    using vt = await Vt.open(size);
    await vt.write('old\r\n$ ');
    const place = vt.place();
    await vt.write('echo hi\r\nhi\r\n$ ');
    expect(vt.since(place)).toBe('echo hi\nhi\n$');
  });

  it('joins a line that was wrapped, and goes on above the screen', async () => {
    using vt = await Vt.open(size);
    const place = vt.place();
    await vt.write(`${'x'.repeat(30)}\r\n${Array.from({ length: 10 }, (_, n) => `${n}\r\n`).join('')}`);
    expect(vt.since(place)).toBe(`${'x'.repeat(30)}\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9`);
  });

  it('is what has changed on the alternate screen', async () => {
    using vt = await Vt.open(size);
    await vt.write('$ vim\r\n');
    const before = vt.place();
    await vt.write('\x1b[?1049h\x1b[H~\r\n~');
    expect(vt.since(before)).toBe('~\n~');
    const inside = vt.place();
    await vt.write('\x1b[2;1H~ more\r\n\r\nand more\r\n');
    expect(vt.since(inside)).toBe('~ more\nand more');
  });
});
