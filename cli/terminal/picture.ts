import type { IBufferCell, IBufferLine } from '@xterm/headless';
import type { Size } from '../input.js';
import type { Vt } from './vt.js';

/** What a screen looks like through a window, for drawing: a line a row, and where the cursor is. */
export interface Picture {
  readonly lines: readonly string[];
  /** In the window, from 0; undefined where it is hidden. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

/** Makes a picture of a screen; where the window is smaller, of the part that the cursor is in. */
export function takePicture({ terminal, cursorHidden }: Vt, window: Size): Picture {
  const { active } = terminal.buffer;
  const left = Math.max(0, Math.min(active.cursorX, terminal.cols - 1) - window.cols + 1);
  const top = Math.max(0, active.cursorY - window.rows + 1);
  const lines: string[] = [];
  for (let row = top; row < Math.min(terminal.rows, top + window.rows); row++) {
    const line = active.getLine(active.baseY + row);
    const right = Math.min(terminal.cols, left + window.cols);
    lines.push(line === undefined ? '' : drawLine(line, { left, right }));
  }
  const cursor = { x: Math.min(active.cursorX - left, window.cols - 1), y: active.cursorY - top };
  return { lines, cursor: cursorHidden ? undefined : cursor };
}

/** Draws the cells from `left` up to `right`; blanks without colour at the end are left out. */
function drawLine(
  line: IBufferLine,
  { left, right }: { readonly left: number; readonly right: number },
): string {
  let drawn = '';
  let blanks = '';
  let colours = '';
  const plain = (): boolean => colours === '';
  for (let at = left; at < right; at++) {
    const cell = line.getCell(at);
    if (cell === undefined) break;
    // The second half of a wide character; at the left edge its first half is out of sight.
    if (cell.getWidth() === 0 && at > left) continue;
    const cut = cell.getWidth() === 0 || at + cell.getWidth() > right;
    const text = cut || cell.getChars() === '' ? ' ' : cell.getChars();
    const wanted = coloursOf(cell);
    if (text === ' ' && wanted === '' && plain()) {
      blanks += ' ';
      continue;
    }
    drawn += blanks;
    blanks = '';
    if (wanted !== colours) drawn += `\u001b[0${wanted}m`;
    colours = wanted;
    drawn += text;
  }
  return plain() ? drawn : `${drawn}\u001b[0m`;
}

/** Parameters of SGR that make a cell look as it does, each after a semicolon. */
function coloursOf(cell: IBufferCell): string {
  const flags: readonly (readonly [number, number])[] = [
    [cell.isBold(), 1],
    [cell.isDim(), 2],
    [cell.isItalic(), 3],
    [cell.isUnderline(), 4],
    [cell.isBlink(), 5],
    [cell.isInverse(), 7],
    [cell.isInvisible(), 8],
    [cell.isStrikethrough(), 9],
    [cell.isOverline(), 53],
  ];
  const set = flags.filter(([flag]) => flag !== 0).map(([, code]) => `;${code}`);
  const foreground = { rgb: cell.isFgRGB(), palette: cell.isFgPalette(), value: cell.getFgColor(), base: 38 };
  const background = { rgb: cell.isBgRGB(), palette: cell.isBgPalette(), value: cell.getBgColor(), base: 48 };
  return set.join('') + colour(foreground) + colour(background);
}

interface Colour {
  readonly rgb: boolean;
  readonly palette: boolean;
  readonly value: number;
  /** SGR's number for a colour of this kind. */
  readonly base: number;
}

function colour({ rgb, palette, value, base }: Colour): string {
  if (rgb) return `;${base};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
  if (!palette) return '';
  if (value >= 16) return `;${base};5;${value}`;
  return value < 8 ? `;${base - 8 + value}` : `;${base + 44 + value}`;
}
