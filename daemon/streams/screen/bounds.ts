import type { Terminal } from '@xterm/headless';
import type { Core } from './core.js';

/** Longest title and longest link that are kept, in characters: far beyond what programs set. */
const longestTitle = 1024;
const longestLink = 4096;

/** Most characters of one cell: a letter with its marks. */
const longestCell = 64;

/** What is done as often as a program says, by its final character, and how often at most it makes a difference. */
const counted = {
  L: ['insertLines', 'rows'],
  M: ['deleteLines', 'rows'],
  S: ['scrollUp', 'rows'],
  T: ['scrollDown', 'rows'],
  I: ['cursorForwardTab', 'cols'],
  Z: ['cursorBackwardTab', 'cols'],
  b: ['repeatPrecedingCharacter', 'cells'],
} as const;

/**
 * Keeps output from making a screen work or remember without measure: @xterm/headless 6.0.0 inserts two
 * thousand million lines one by one if it is told to, for an hour, and keeps ten megabytes of title. For a terminal that was just made.
 */
export function bound(terminal: Terminal, core: Core): void {
  const { parser } = terminal;
  const input = core._inputHandler;
  for (const [final, [act, by]] of Object.entries(counted)) {
    parser.registerCsiHandler({ final }, ([count]) => {
      const { cols, rows } = core;
      const most = { cols, rows, cells: cols * rows }[by];
      if (typeof count !== 'number' || count <= most) return false;
      return input[act]({ params: [most] });
    });
  }
  for (const title of [0, 2]) {
    parser.registerOscHandler(title, (data) =>
      data.length <= longestTitle ? false : input.setTitle(data.slice(0, longestTitle)),
    );
  }
  // The end of a link takes the place of one that is too long.
  parser.registerOscHandler(8, (data) => (data.length <= longestLink ? false : input.setHyperlink(';')));
  boundCells(core);
}

const boundedLines = new WeakSet<object>();

/** All lines, of all terminals, have their methods from one place. */
function boundCells(core: Core): void {
  const lines = Object.getPrototypeOf(core.buffers.normal.lines.get(0)) as Combining;
  if (boundedLines.has(lines)) return;
  boundedLines.add(lines);
  const add = lines.addCodepointToCell;
  lines.addCodepointToCell = function (this: Combining, column, ...what) {
    const marked = this.isCombined(column) ? (this._combined[column]?.length ?? 0) : 0;
    if (marked < longestCell) add.call(this, column, ...what);
  };
}

/** A line as what joins a character is added to it. */
interface Combining {
  /** By column; what is left of earlier characters, too. */
  readonly _combined: Readonly<Record<number, string>>;
  /** Other than 0 where a cell has more than one character. */
  isCombined(column: number): number;
  addCodepointToCell: (
    this: Combining,
    column: number,
    ...what: readonly [code: number, width: number]
  ) => void;
}
