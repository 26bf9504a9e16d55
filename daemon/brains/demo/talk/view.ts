import { cellsOf, printable, wrap } from './cells.js';

/** A piece of the conversation as it is shown. */
export interface Entry {
  readonly who: 'you' | 'demo' | 'note';
  text: string;
}

/** What is to be seen. */
export interface Scene {
  readonly header: string;
  readonly entries: readonly Entry[];
  /** What goes on, or what is asked. */
  readonly status: string;
  readonly input: { readonly text: string; readonly cursor: number };
  /** How many rows the conversation is scrolled up. */
  readonly scroll: number;
}

/** Size of the terminal, in cells. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What is drawn: every row of the terminal, and where the cursor is, from 0. */
export interface Drawing {
  readonly rows: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number };
}

/** Most characters of one entry that are laid out: what is longer has scrolled away. */
const maxShown = 20_000;
const maxInputRows = 5;

const styles = { you: '\x1b[1m', demo: '', note: '\x1b[2m' } as const;
const marks = { you: '> ', demo: '', note: '· ' } as const;
const dim = (text: string): string => (text === '' ? '' : `\x1b[2m${text}\x1b[0m`);

/** Lays a scene out on a terminal of any size: what is typed comes first, the conversation gets the rest. */
export function draw(scene: Scene, size: Size): Drawing {
  const { cols, rows } = size;
  const input = drawInput(scene.input, cols);
  const shown = Math.min(input.rows.length, maxInputRows, rows);
  // The row with the cursor is always among those that are shown.
  const from = Math.min(Math.max(0, input.y - shown + 1), input.rows.length - shown);
  const status = rows - shown >= 1 ? [dim(cut(printable(scene.status), cols))] : [];
  const header = rows - shown >= 4 ? [`\x1b[7m${cut(scene.header, cols)}\x1b[0m`] : [];
  const height = rows - shown - status.length - header.length;
  const talk = drawTalk(scene, cols, height);
  return {
    rows: [...header, ...talk, ...status, ...input.rows.slice(from, from + shown)],
    cursor: { x: Math.min(input.x, cols - 1), y: rows - shown + input.y - from },
  };
}

function drawTalk({ entries, scroll }: Scene, cols: number, height: number): string[] {
  const rows: string[] = [];
  for (let at = entries.length - 1; at >= 0 && rows.length < height + scroll; at--) {
    const entry = entries[at];
    if (!entry) break;
    const text = wrap(printable(`${marks[entry.who]}${entry.text.slice(-maxShown)}`), cols);
    const style = styles[entry.who];
    rows.unshift(...text.map((row) => (style === '' || row === '' ? row : `${style}${row}\x1b[0m`)));
    if (at > 0) rows.unshift('');
  }
  const end = Math.max(Math.min(rows.length, height), rows.length - scroll);
  const seen = rows.slice(Math.max(0, end - height), end);
  return [...seen, ...Array.from({ length: height - seen.length }, () => '')];
}

/** The line that is typed, broken at the edge; a new line in it is shown as a sign. */
function drawInput(
  { text, cursor }: Scene['input'],
  cols: number,
): { readonly rows: string[]; readonly x: number; readonly y: number } {
  const rows: string[] = [];
  let row = '';
  let cells = 0;
  let place = { x: 0, y: 0 };
  const put = (character: string): void => {
    const wide = cellsOf(character);
    if (cells + wide > cols) {
      rows.push(row);
      row = '';
      cells = 0;
    }
    row += character;
    cells += wide;
  };
  const lineEnd = (): { x: number; y: number } =>
    cells < cols ? { x: cells, y: rows.length } : { x: 0, y: rows.length + 1 };
  let at = 0;
  for (const character of `> ${text}`) {
    put(signOf(character));
    at += character.length;
    if (at === cursor + 2) place = lineEnd();
  }
  rows.push(row);
  // A full last row has the cursor on a row of its own.
  if (place.y === rows.length) rows.push('');
  return { rows, ...place };
}

const signOf = (character: string): string => {
  if (character === '\n') return '↵';
  if (character === '\t') return ' ';
  return printable(character) === '' ? '?' : character;
};

function cut(text: string, cols: number): string {
  let cells = 0;
  let kept = '';
  for (const character of text) {
    cells += cellsOf(character);
    if (cells > cols) break;
    kept += character;
  }
  return kept;
}
