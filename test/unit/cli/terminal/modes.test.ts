import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enterScreen, leaveScreen, redraw } from '../../../../cli/terminal/modes.js';
import { Vt } from '../../../../cli/terminal/vt.js';

const size = { cols: 20, rows: 6 };

/** What programs do to a terminal. */
const deeds = fc.constantFrom(
  ...['\x1b[?1000h', '\x1b[?1002h', '\x1b[?1003h', '\x1b[?9h', '\x1b[?1006h', '\x1b[?1015h', '\x1b[?1016h'],
  ...[
    '\x1b[?1004h',
    '\x1b[?2004h',
    '\x1b[?1h',
    '\x1b=',
    '\x1b[?66h',
    '\x1b[4h',
    '\x1b[?6h',
    '\x1b[?7l',
    '\x1b[?25l',
  ],
  ...[
    '\x1b[2;4r',
    '\x1b[1;31;44m',
    '\x1b(0',
    '\x0e',
    '\x1b7',
    '\x1b[3;3H',
    'text',
    '\r\n',
    '\x1b[?2026h',
    '\x1b[5 q',
  ],
  ...[
    '\x1b[?5h',
    '\x1b]8;;http://example.com\x1b\\',
    '\x1b[>1u',
    '\x1b[>4;2m',
    '\x1b[2J',
    '\x1bM',
    '\x1b[20h',
  ],
);

/** Everything that is to be seen of a terminal, and how it takes what comes next. */
async function looks(vt: Vt): Promise<object> {
  const { terminal } = vt;
  const { type, cursorX, cursorY } = terminal.buffer.active;
  const { cursorHidden } = vt;
  const { modes } = terminal;
  const state = { ...modes, type, cursorX, cursorY, cursorHidden };
  // What is written next shows the character set, the colours, the margins and the insertion.
  await vt.write('q\x1b[5;19Hqqq\r\n\n\nq');
  const { active } = terminal.buffer;
  const cells = Array.from({ length: size.rows }, (_, row) =>
    Array.from({ length: size.cols }, (__, column) => {
      const cell = active.getLine(active.baseY + row)?.getCell(column);
      return [cell?.getChars(), cell?.getFgColor(), cell?.getBgColor(), cell?.isBold()];
    }),
  );
  return { ...state, cells };
}

describe('the terminal of a talker', () => {
  it('is as before once it was left, whatever a program did to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deeds, { maxLength: 30 }), async (done) => {
        using before = await Vt.open(size);
        using after = await Vt.open(size);
        for (const vt of [before, after]) await vt.write('$ ls\r\nfile\r\n$ ');
        await after.write(enterScreen + done.join('') + leaveScreen);
        expect(await looks(after)).toEqual(await looks(before));
      }),
      { numRuns: 200 },
    );
  });

  it('is drawn anew from any state as from none', async () => {
    const drawing = Buffer.from('\x1b[1mnew\x1b[0m\r\nscreen\x1b[?2004h\x1b[?1h');
    await fc.assert(
      fc.asyncProperty(fc.array(deeds, { maxLength: 30 }), async (done) => {
        using fresh = await Vt.open(size);
        using used = await Vt.open(size);
        await fresh.write(Buffer.concat([Buffer.from(enterScreen), redraw(drawing)]));
        await used.write(Buffer.concat([Buffer.from(enterScreen + done.join('')), redraw(drawing)]));
        expect(await looks(used)).toEqual(await looks(fresh));
      }),
      { numRuns: 200 },
    );
  });
});
