import type { Style } from './style.js';
import { textWidth } from './width.js';

/** A terminal's size. */
export interface ScreenSize {
  readonly rows: number | undefined;
  readonly columns: number | undefined;
}

// eslint-disable-next-line no-control-regex -- our own colour codes take no room
const width = (line: string): number => textWidth(line.replace(/\u001b\[\d+m/g, ''));

/** Rows a line takes: more than one where it is wider than the terminal. */
function rowsOf(line: string, columns: number | undefined): number {
  return columns === undefined ? 1 : Math.max(1, Math.ceil(width(line) / columns));
}

/** The lines that fit above the cursor; where some do not, the last one says how many are left out. */
export function fitScreen(lines: readonly string[], { rows, columns }: ScreenSize, style: Style): string[] {
  if (rows === undefined) return [...lines];
  const room = Math.max(rows - 1, 1);
  const total = lines.reduce((sum, line) => sum + rowsOf(line, columns), 0);
  if (total <= room) return [...lines];
  const shown: string[] = [];
  let taken = 1;
  for (const line of lines) {
    taken += rowsOf(line, columns);
    if (taken > room) break;
    shown.push(line);
  }
  return [...shown, style.dim(`${style.symbols.ellipsis} ${lines.length - shown.length} more lines`)];
}

/** Draws over what is on the screen, a line at a time, so that nothing flickers. */
export function drawOver(lines: readonly string[], columns: number | undefined): string {
  const drawn = lines.map((line) => {
    // At the right margin the cursor stands on the last character, which clearing would take away.
    const clear = columns !== undefined && width(line) > 0 && width(line) % columns === 0 ? '' : '\u001b[K';
    return `${line}${clear}\n`;
  });
  return `\u001b[H${drawn.join('')}\u001b[J`;
}
