const nothing = /^[\p{M}\p{Cf}]$/u;
const double =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** How many cells of a terminal one character takes. */
export function cellsOf(character: string): number {
  if (nothing.test(character)) return 0;
  return double.test(character) ? 2 : 1;
}

/** Text as it may stand on a screen: control characters would move the cursor. */
export const printable = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll('\t', '    ').replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '');

/** Breaks printable text into rows of so many cells, between words where it can. */
export function wrap(text: string, cols: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, cols));
}

function wrapLine(line: string, cols: number): string[] {
  const rows: string[] = [];
  let row: string[] = [];
  let cells = 0;
  for (const character of line) {
    const wide = cellsOf(character);
    if (cells + wide > cols && row.length > 0) {
      const space = character === ' ' ? row.length : row.lastIndexOf(' ') + 1;
      const rest = space > 0 ? row.splice(space) : [];
      rows.push(row.join('').trimEnd());
      row = rest;
      cells = row.reduce((sum, each) => sum + cellsOf(each), 0);
      if (character === ' ') continue;
    }
    row.push(character);
    cells += wide;
  }
  return [...rows, row.join('')];
}
