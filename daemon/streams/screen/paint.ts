import type { Terminal } from '@xterm/headless';
import { Bg, Colour, type Attributes, type Cell, type Core, type Line, type ScreenBuffer } from './core.js';
import { backgroundOf, plain, sameStyle, sgr, showsOnBlank } from './style.js';

/** Lines of a buffer, from the first up to but without `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A row as it was drawn: the column after the last character, and where the cursor is. */
interface Drawn {
  readonly written: number;
}

/**
 * Writes what draws a terminal's cells. It uses no more than any terminal knows: text, SGR, links, movements of the
 * cursor and ECH; and it leaves lines that went on beyond the right edge joined, so that they fold anew when the
 * size changes.
 */
export class Painter {
  readonly #core: Core;
  readonly #cell: Cell;
  readonly #peek: Cell;
  #out = '';
  #style: Attributes = plain;
  #link = 0;

  constructor(terminal: Terminal, core: Core) {
    this.#core = core;
    this.#cell = terminal.buffer.active.getNullCell() as unknown as Cell;
    this.#peek = terminal.buffer.active.getNullCell() as unknown as Cell;
  }

  /** Takes what was written so far. */
  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  put(sequence: string): void {
    this.#out += sequence;
  }

  /** Puts the cursor there; from 0. */
  moveTo(x: number, y: number): void {
    this.#out += `\u001b[${y + 1};${x + 1}H`;
  }

  /** Draws with this style from here on. */
  style(attributes: Attributes): void {
    if (!sameStyle(attributes, this.#style)) this.#out += sgr(attributes);
    const link = attributes.bg & Bg.extended ? attributes.extended.urlId : 0;
    this.#style = copyOf(attributes);
    if (link === this.#link) return;
    const data = link === 0 ? undefined : this.#core._oscLinkService.getLinkData(link);
    // With a name of its own, a link that is drawn in parts stays one.
    if (data) this.#out += `\u001b]8;id=${data.id ?? `khlone-${link}`};${data.uri}\u001b\\`;
    else if (this.#link !== 0) this.#out += '\u001b]8;;\u001b\\';
    this.#link = data ? link : 0;
  }

  /** As `style`, and also sets what does not show. */
  restyle(attributes: Attributes): void {
    this.style(attributes);
    this.#out += sgr(attributes);
  }

  /**
   * Draws the lines one below the other from the top left on, so that those beyond the screen scroll off it; none
   * any more once `most` characters are written.
   * @returns whether all were drawn
   */
  flow(buffer: ScreenBuffer, range: Range, most: number): boolean {
    const end = range.end - range.start <= this.#core.rows ? this.#lastFilled(buffer, range) : range.end;
    let coloured = false;
    let y = range.start;
    for (; y < end && this.#out.length < most; y++) {
      const line = buffer.lines.get(y);
      if (!line) continue;
      const drawn = this.#row(line, coloured);
      coloured = false;
      if (y + 1 >= end) continue;
      const next = buffer.lines.get(y + 1);
      if (!next?.isWrapped) this.#breakLine();
      else if (this.#wrapsByItself(line, next, drawn)) {
        coloured = (next.loadCell(0, this.#peek).bg & Colour.all) !== 0;
      } else this.#forceWrap(line, drawn);
    }
    this.style(plain);
    return y >= end;
  }

  /** Draws the lines each in its place, until `most` characters are written; the screen is clear. */
  place(buffer: ScreenBuffer, range: Range, most: number): void {
    for (let y = range.start; y < range.end && this.#out.length < most; y++) {
      const line = buffer.lines.get(y);
      if (!line || this.#isBlank(line)) continue;
      this.moveTo(0, y - range.start);
      this.#row(line, false);
    }
    this.style(plain);
  }

  /** The line as text and styles alone, without movements of the cursor. */
  line(line: Line): string {
    const columns = this.#lastColumn(line);
    for (let x = 0; x < columns;) {
      const cell = line.loadCell(x, this.#cell);
      const chars = cell.getChars();
      this.style(chars === '' ? backgroundOf(cell) : cell);
      this.#out += this.#drawable(chars);
      x += Math.max(1, cell.getWidth());
    }
    this.style(plain);
    return this.take();
  }

  /**
   * Draws the character before the cursor once more, which leaves the cursor behind it as it was: in the last column
   * that is beyond the edge, where no movement reaches; and what comes may combine with it.
   */
  again(buffer: ScreenBuffer, top: number): void {
    const x = this.#before(buffer);
    const cell = this.#cell;
    const chars = cell.getChars();
    this.moveTo(x, buffer.y - top);
    this.style(chars === '' && !showsOnBlank(cell) ? backgroundOf(cell) : cell);
    this.#out += this.#drawable(chars);
  }

  /** Whether the cursor is where the character before it left it. */
  follows(buffer: ScreenBuffer): boolean {
    return buffer.x > 0 && this.#before(buffer) + Math.max(1, this.#cell.getWidth()) === buffer.x;
  }

  /** Loads the cell of the character before the cursor, and tells its column. */
  #before(buffer: ScreenBuffer): number {
    const line = buffer.lines.get(buffer.ybase + buffer.y);
    let x = buffer.x - 1;
    if (x > 0 && line?.loadCell(x, this.#cell).getWidth() === 0) x--;
    line?.loadCell(x, this.#cell);
    return x;
  }

  /** A mark that stands alone would join whatever is before it. */
  #drawable(chars: string): string {
    if (chars === '') return ' ';
    const first = chars.codePointAt(0) ?? 0;
    return first >= 0x300 && this.#core.unicodeService.wcwidth(first) === 0 ? ` ${chars}` : chars;
  }

  /** `coloured`: what is blank in this row of the terminal may have a background. */
  #row(line: Line, coloured: boolean): Drawn {
    const columns = this.#core.cols;
    const last = coloured ? columns : this.#lastColumn(line);
    let written = 0;
    let skipped = 0;
    for (let x = 0; x < last;) {
      const cell = line.loadCell(x, this.#cell);
      const chars = cell.getChars();
      const width = cell.getWidth();
      if ((chars !== '' || showsOnBlank(cell)) && x + width <= columns) {
        if (skipped > 0) this.#out += `\u001b[${skipped}C`;
        skipped = 0;
        this.style(cell);
        this.#out += this.#drawable(chars);
        x += Math.max(1, width);
        written = x;
        continue;
      }
      const background = backgroundOf(cell);
      const from = x;
      do x++;
      while (x < last && this.#continuesBlank(line, x, background.bg));
      if (background.bg !== 0 || coloured) {
        if (skipped > 0) this.#out += `\u001b[${skipped}C`;
        skipped = 0;
        this.style(background);
        this.#out += `\u001b[${x - from}X`;
      }
      skipped += x - from;
    }
    return { written };
  }

  #continuesBlank(line: Line, x: number, background: number): boolean {
    const cell = line.loadCell(x, this.#peek);
    return cell.getChars() === '' && !showsOnBlank(cell) && (cell.bg & Colour.all) === background;
  }

  #breakLine(): void {
    // A line that scrolls in takes the background that is set.
    this.style(plain);
    this.#out += '\r\n';
  }

  #wrapsByItself(line: Line, next: Line, drawn: Drawn): boolean {
    const columns = this.#core.cols;
    const first = next.loadCell(0, this.#cell);
    if (first.getChars() === '' && !showsOnBlank(first)) return false;
    if (drawn.written === columns) return true;
    // The cell that a wide character leaves takes its style.
    if (first.getWidth() !== 2 || drawn.written !== columns - 1 || showsOnBlank(first)) return false;
    return (line.loadCell(columns - 1, this.#peek).bg & Colour.all) === (first.bg & Colour.all);
  }

  /** Writes blanks up to the edge and one beyond it, and takes them away again. */
  #forceWrap(line: Line, drawn: Drawn): void {
    const columns = this.#core.cols;
    if (this.#core.rows === 1) {
      this.#breakLine();
      return;
    }
    this.style(plain);
    const rest = columns - drawn.written;
    if (rest > 0) this.#out += `\r${drawn.written > 0 ? `\u001b[${drawn.written}C` : ''}${' '.repeat(rest)}`;
    this.#out += ' ';
    if (rest > 0) {
      this.#out += `\u001b[A\u001b[${drawn.written + 1}G`;
      for (let x = drawn.written; x < columns;) {
        const from = x;
        const background = backgroundOf(line.loadCell(x, this.#cell));
        do x++;
        while (x < columns && this.#continuesBlank(line, x, background.bg));
        this.style(background);
        this.#out += `\u001b[${x - from}X`;
        if (x < columns) this.#out += `\u001b[${x - from}C`;
      }
      this.style(plain);
      this.#out += '\u001b[B';
    }
    this.#out += '\r\u001b[X';
  }

  #lastFilled(buffer: ScreenBuffer, range: Range): number {
    let end = range.end;
    while (end > range.start) {
      const line = buffer.lines.get(end - 1);
      if (line && (line.isWrapped || !this.#isBlank(line))) break;
      end--;
    }
    return end;
  }

  #isBlank(line: Line): boolean {
    return this.#lastColumn(line) === 0;
  }

  /** The column after the last cell that is not an empty one without colour. */
  #lastColumn(line: Line): number {
    let x = this.#core.cols;
    while (x > 0) {
      const cell = line.loadCell(x - 1, this.#peek);
      if (cell.content << 10 !== 0 || (cell.bg & Colour.all) !== 0 || showsOnBlank(cell)) break;
      if (cell.getWidth() === 0) break;
      x--;
    }
    return x;
  }
}

/** The cell that attributes are read from is used again for the next one. */
function copyOf(attributes: Attributes): Attributes {
  const { fg, bg, extended } = attributes;
  if ((bg & Bg.extended) === 0) return { fg, bg, extended: plain.extended };
  return { fg, bg, extended: { _ext: extended._ext, urlId: extended.urlId } };
}
