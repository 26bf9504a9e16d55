import type { Terminal } from '@xterm/headless';
import type { Core, Line, ScreenBuffer } from './core.js';
import { Painter } from './paint.js';

/** Longest drawing of lines, in characters: a longer one fits no message, and is not gone on with. */
const longestDrawing = 8 * 1024 * 1024;

/** The lines of the screen with some of those above it. */
export function linesOf(core: Core, scrollback: number): readonly Line[] {
  const buffer = core.buffers.active;
  const start = Math.max(0, buffer.ybase - scrollback);
  const lines: Line[] = [];
  for (let y = start; y < buffer.ybase + core.rows; y++) {
    const line = buffer.lines.get(y);
    if (line) lines.push(line);
  }
  return lines;
}

/** A line's text without blanks at its end. */
function textOf(line: Line): string {
  return line.translateToString(true).replace(/ +$/, '');
}

/** The text of lines; blank ones at the end are left out. */
export function screenText(
  terminal: Terminal,
  what: { readonly core: Core; readonly lines: readonly Line[]; readonly ansi: boolean },
): { readonly text: string; readonly ansi?: string } {
  const text = joined(what.lines.map(textOf));
  if (!what.ansi) return { text };
  const painter = new Painter(terminal, what.core);
  const drawn: string[] = [];
  let length = 0;
  for (const line of what.lines) {
    if (length > longestDrawing) break;
    const drawing = painter.line(line);
    length += drawing.length;
    drawn.push(drawing);
  }
  return { text, ansi: joined(drawn) };
}

/** The line the cursor is on, with all rows it takes where it went on beyond the edge. */
export function cursorLine(core: Core): string {
  const buffer = core.buffers.active;
  let first = buffer.ybase + buffer.y;
  while (first > 0 && buffer.lines.get(first)?.isWrapped) first--;
  return logicalLine(buffer, first).text;
}

/** What may be a prompt: the whole line the cursor is on, and the part before the cursor with the blanks at its end. */
export function promptLines(core: Core): readonly string[] {
  const buffer = core.buffers.active;
  const row = buffer.ybase + buffer.y;
  let before = buffer.lines.get(row)?.translateToString(false, 0, buffer.x) ?? '';
  for (let at = row; at > 0 && buffer.lines.get(at)?.isWrapped; at--) {
    before = (buffer.lines.get(at - 1)?.translateToString(false) ?? '') + before;
  }
  return [cursorLine(core), before];
}

/** A line that begins in that row of the buffer, as one, and the row after it. */
export function logicalLine(
  buffer: ScreenBuffer,
  row: number,
): { readonly text: string; readonly next: number } {
  let next = row + 1;
  let text = buffer.lines.get(row)?.translateToString(!buffer.lines.get(next)?.isWrapped) ?? '';
  for (let line = buffer.lines.get(next); line?.isWrapped; line = buffer.lines.get(next)) {
    next++;
    text += line.translateToString(!buffer.lines.get(next)?.isWrapped);
  }
  return { text: text.replace(/ +$/, ''), next };
}

/** Lines joined by line feeds, without empty ones at the end. */
export function joined(lines: readonly string[]): string {
  let end = lines.length;
  while (end > 0 && lines[end - 1] === '') end--;
  return lines.slice(0, end).join('\n');
}
