import { oneLine } from './sanitize.js';
import type { Paint, Style } from './style.js';
import { textWidth, truncate } from './width.js';

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Narrowest width this column may be cut to where the terminal is narrow; a column without it is never cut. */
  readonly shrinkTo?: number;
}

/** A cell: text, or text with the paint it gets once it is cut and padded. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

/** A table and where it goes; without `columns` (a pipe) nothing is cut. */
export interface TableRequest {
  readonly head: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly style: Style;
  readonly columns?: number | undefined;
}

const gap = '  ';

const textOf = (cell: Cell | undefined): string =>
  cell === undefined ? '' : oneLine(typeof cell === 'string' ? cell : cell.text);

/** Lays a table out; every line ends with a newline. */
export function renderTable({ head, rows, style, columns }: TableRequest): string {
  const texts = rows.map((row) => head.map((_, at) => textOf(row[at])));
  const widths = head.map((column, at) =>
    Math.max(textWidth(column.title), ...texts.map((row) => textWidth(row[at] ?? ''))),
  );
  if (columns !== undefined) fit(widths, head, columns);

  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]): string =>
    head
      .map((column, at) => {
        const width = widths[at] ?? 0;
        const text = truncate(cells[at] ?? '', width, style.symbols.ellipsis);
        const pad = ' '.repeat(Math.max(0, width - textWidth(text)));
        const painted = (paints[at] ?? ((plain: string) => plain))(text);
        if (column.align === 'right') return pad + painted;
        return at === head.length - 1 ? painted : painted + pad;
      })
      .join(gap)
      .trimEnd();

  const title = line(
    head.map((column) => column.title),
    head.map(() => style.dim),
  );
  const body = rows.map((row, index) =>
    line(
      texts[index] ?? [],
      row.map((cell) => (typeof cell === 'string' ? undefined : cell.paint)),
    ),
  );
  return [title, ...body].map((text) => `${text}\n`).join('');
}

/** Takes what is too much from the widest column that can still shrink, one column of text at a time. */
function fit(widths: number[], head: readonly Column[], columns: number): void {
  let excess = widths.reduce((sum, width) => sum + width, gap.length * (head.length - 1)) - columns;
  while (excess > 0) {
    let widest = -1;
    for (const [at, column] of head.entries()) {
      const width = widths[at] ?? 0;
      if (column.shrinkTo === undefined || width <= column.shrinkTo) continue;
      if (widest < 0 || width > (widths[widest] ?? 0)) widest = at;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
}

/** Names and values in two columns; a value of `undefined` leaves its line out. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  style: Style,
): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => textWidth(name)));
  return shown
    .map(([name, value]) => `${style.dim(name)}${' '.repeat(width - textWidth(name))}  ${oneLine(value)}\n`)
    .join('');
}
