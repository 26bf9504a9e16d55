import xterm, { type Terminal } from '@xterm/headless';
import { type Cell, coreOf, type Line, type ScreenBuffer } from '../../daemon/streams/screen/core.js';
import { mend } from '../../daemon/streams/screen/mend.js';
import { useWidths } from '../../daemon/streams/screen/widths.js';

/** A bare terminal, as that of a client. */
export class PlainTerminal {
  readonly terminal: Terminal;

  constructor(size: { readonly cols: number; readonly rows: number }, scrollback = 10_000) {
    this.terminal = new xterm.Terminal({ ...size, scrollback, allowProposedApi: true, logLevel: 'off' });
    useWidths(this.terminal);
    mend(this.terminal, coreOf(this.terminal));
  }

  write(data: Uint8Array | string): this {
    coreOf(this.terminal)._writeBuffer.writeSync(typeof data === 'string' ? Buffer.from(data) : data);
    return this;
  }

  /** Everything that shows, and everything that decides how what comes next will show. */
  state(): Readonly<Record<string, unknown>> {
    const core = coreOf(this.terminal);
    const { normal, alt, active } = core.buffers;
    const { modes, decPrivateModes, isCursorHidden } = core.coreService;
    const onAlternate = active === alt;
    const link = (id: number): string | undefined => core._oscLinkService.getLinkData(id)?.uri;
    const style = (cell: Cell, blank: boolean): string => styleOf(cell, blank, link);
    return {
      alternate: onAlternate,
      normal: this.#lines(normal, style),
      ...(onAlternate ? { alt: this.#lines(alt, style) } : { above: normal.ybase }),
      cursor: [active.x, active.y],
      hidden: isCursorHidden,
      margins: [active.scrollTop, active.scrollBottom],
      normalMargins: [normal.scrollTop, normal.scrollBottom],
      tabs: stopsOf(active, core.cols),
      normalTabs: stopsOf(normal, core.cols),
      saved: savedOf(active, core.cols),
      normalSaved: savedOf(normal, core.cols),
      modes: { ...decPrivateModes, synchronizedOutput: undefined, insert: modes.insertMode },
      blink: core.optionsService.options.cursorBlink,
      lineFeeds: core.optionsService.options.convertEol,
      mouse: [core.coreMouseService.activeProtocol, core.coreMouseService.activeEncoding],
      style: styleOf(core._inputHandler._curAttrData as Cell, false, link),
      charsets: [0, 1, 2, 3].map((g) => core._charsetService._charsets[g]?.['q'] ?? 'q'),
      shift: core._charsetService.glevel,
      title: core._inputHandler._windowTitle,
    };
  }

  #lines(buffer: ScreenBuffer, style: (cell: Cell, blank: boolean) => string): unknown[] {
    // The alternate screen is not folded anew at another size.
    const folding = coreOf(this.terminal).buffers.normal;
    const lines: unknown[] = [];
    for (let y = 0; y < buffer.ybase + this.terminal.rows; y++) {
      const line = buffer.lines.get(y);
      if (line) lines.push([...this.#cells(line, style), y > 0 && buffer === folding ? line.isWrapped : '']);
    }
    return lines;
  }

  /** Runs of cells in one style. */
  #cells(line: Line, style: (cell: Cell, blank: boolean) => string): string[] {
    const cell = this.terminal.buffer.active.getNullCell() as unknown as Cell;
    const runs: string[] = [];
    let last = '';
    for (let x = 0; x < this.terminal.cols;) {
      line.loadCell(x, cell);
      const chars = cell.getChars().replace(/^ (?=[\p{M}\p{Cf}])/u, '');
      const key = style(cell, chars === '' || chars === ' ');
      if (key === last && runs.length > 0) runs.push(`${runs.pop()}${chars || ' '}`);
      else runs.push(`${key}|${chars || ' '}`);
      last = key;
      // The right half of a wide character is covered, whatever is in it.
      x += Math.max(1, cell.getWidth());
    }
    return runs;
  }
}

/** A blank shows its background, and of its style only lines and inversion. */
function styleOf(cell: Cell, blank: boolean, link: (id: number) => string | undefined): string {
  const extended = (cell.bg & 0x10000000) !== 0;
  const underlined = (cell.fg & 0x10000000) !== 0;
  const decorated = (cell.fg & (0x4000000 | 0x10000000 | 0x80000000)) !== 0 || (cell.bg & 0x40000000) !== 0;
  const url = extended ? link(cell.extended.urlId) : undefined;
  const ext = cell.extended._ext & 0x3ffffff;
  const line = underlined ? Math.max(1, extended ? (cell.extended._ext >>> 26) & 7 : 1) : 0;
  const colour = extended && ext !== 0x3ffffff && (ext & 0x3000000) !== 0 ? colourOf(ext) : 0;
  if (blank && !decorated && url === undefined) return String(colourOf(cell.bg));
  const flags = [(cell.fg & ~0x3ffffff) >>> 0, cell.bg & 0x4c000000];
  return [...flags, colourOf(cell.fg), colourOf(cell.bg), line, underlined ? colour : 0, url ?? ''].join();
}

/** A palette's colour keeps bits of the one before it. */
function colourOf(packed: number): number {
  const mode = packed & 0x3000000;
  return mode === 0 ? 0 : mode === 0x3000000 ? packed & 0x3ffffff : packed & 0x30000ff;
}

function stopsOf(buffer: ScreenBuffer, columns: number): number[] {
  return Array.from({ length: columns }, (_, x) => x).filter((x) => buffer.tabs[x] === true);
}

function savedOf(buffer: ScreenBuffer, columns: number): unknown[] {
  const { savedX, savedY, ybase, savedCurAttrData: saved, savedCharset } = buffer;
  const place = [Math.min(savedX, columns - 1), Math.max(0, savedY - ybase)];
  const flags = [(saved.fg & ~0x3ffffff) >>> 0, saved.bg & 0x4c000000];
  return [...place, colourOf(saved.fg), colourOf(saved.bg), ...flags, savedCharset?.['q'] ?? 'q'];
}
