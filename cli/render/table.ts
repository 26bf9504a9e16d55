import { oneLine } from './sanitize.js';
import type { Paint, Style } from './style.js';
import { textWidth, truncate } from './width.js';

/** One column of a table. What is said of narrowness never applies to a pipe. */
export interface Column {
  readonly title: string;
  /** The title where there is little room. */
  readonly short?: string;
  readonly align?: 'left' | 'right';
  /** Width down to which it is cut before whole columns are left out; one without it is cut last of all. */
  readonly shrinkTo?: number;
  /** Whether it may be left out, and when: 1 goes before 2. */
  readonly drop?: number;
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
  const shown = layOut(head, texts, columns);

  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]): string =>
    shown
      .map(({ at, width, align }, place) => {
        const text = truncate(cells[at] ?? '', width, style.symbols.ellipsis);
        const pad = ' '.repeat(Math.max(0, width - textWidth(text)));
        const painted = (paints[at] ?? ((plain: string) => plain))(text);
        if (align === 'right') return pad + painted;
        return place === shown.length - 1 ? painted : painted + pad;
      })
      .join(gap)
      .trimEnd();

  const titles: string[] = [];
  for (const { at, title } of shown) titles[at] = title;
  const title = line(
    titles,
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

/** A column that is shown. */
interface Shown extends Column {
  /** Its place in the head. */
  readonly at: number;
  width: number;
}

/** Widths a column is cut to where leaving others out was not enough: first those that may be cut, then any. */
const leastShrunk = 6;
const least = 1;

function layOut(
  head: readonly Column[],
  texts: readonly (readonly string[])[],
  columns: number | undefined,
): Shown[] {
  const measure = (title: (column: Column) => string): Shown[] =>
    head.map((column, at) => {
      const widths = texts.map((row) => textWidth(row[at] ?? ''));
      return { ...column, title: title(column), at, width: Math.max(textWidth(title(column)), ...widths) };
    });
  let shown = measure(({ title }) => title);
  if (columns === undefined || excess(shown, columns) <= 0) return shown;
  shown = measure(({ title, short }) => short ?? title);
  const floor = ({ width, shrinkTo }: Shown): number => Math.min(width, shrinkTo ?? width);
  for (;;) {
    const smallest = shown.map((column) => ({ ...column, width: floor(column) }));
    const [first] = shown
      .filter(({ drop }) => drop !== undefined)
      .toSorted((a, b) => (a.drop ?? 0) - (b.drop ?? 0));
    if (first === undefined || excess(smallest, columns) <= 0) break;
    shown = shown.filter(({ at }) => at !== first.at);
  }
  cut(shown, columns, floor);
  cut(shown, columns, ({ width, shrinkTo }) => (shrinkTo === undefined ? width : leastShrunk));
  cut(shown, columns, () => least);
  return shown;
}

function excess(shown: readonly Shown[], columns: number): number {
  return shown.reduce((sum, { width }) => sum + width, gap.length * (shown.length - 1)) - columns;
}

/** Takes what is too much from the widest column that is above its floor, one column of text at a time. */
function cut(shown: readonly Shown[], columns: number, floor: (column: Shown) => number): void {
  for (let left = excess(shown, columns); left > 0; left--) {
    const [widest] = shown
      .filter((column) => column.width > floor(column))
      .toSorted((a, b) => b.width - a.width);
    if (widest === undefined) return;
    widest.width -= 1;
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
