import type { IUnicodeVersionProvider, Terminal } from '@xterm/headless';
import { coreOf, type Core } from './core.js';

/** Columns taken by a character. */
type Width = 0 | 1 | 2;

/**
 * Wide scripts that @xterm/headless's own table, of Unicode 6, does not have: Tangut, Khitan, Kana extensions,
 * Tai Xuan Jing and counting rods, enclosed ideographs (EastAsianWidth.txt, Unicode 16).
 */
const wideSince6: readonly (readonly [number, number])[] = [
  [0x16fe0, 0x16fe3],
  [0x17000, 0x18cff],
  [0x18d00, 0x18d08],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
];

const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const wideEmoji = /^\p{Emoji_Presentation}$/u;

/** Emoji stand between these. */
const planes = { start: 0x231a, end: 0x1fbff };

/** The letters of flags: two of them, a column each, make a flag of two. */
const flags = { start: 0x1f1e6, end: 0x1f1ff };

/** Of the basic and the first supplementary plane, for all terminals; 3 where it was not looked up yet. */
const known = new Uint8Array(0x20000).fill(3);

/**
 * Widths as terminals of today have them: emoji are two columns wide, which Unicode 6 did not know; all else that
 * Unicode 6 knew stays.
 */
class Widths implements IUnicodeVersionProvider {
  readonly version = 'emoji';
  readonly #core: Core;
  readonly #old: IUnicodeVersionProvider;

  constructor(core: Core) {
    this.#core = core;
    this.#old = core.unicodeService._activeProvider;
  }

  wcwidth(code: number): Width {
    if (code >= 0x20 && code < 0x7f) return 1;
    if (code >= known.length) return this.#find(code);
    const before = known[code];
    if (before !== 3) return before as Width;
    const width = this.#find(code);
    known[code] = width;
    return width;
  }

  /**
   * A character without width joins the one before it, as in the built-in table; also where something else came
   * between them, as in other terminals. With nothing before it, it takes a column.
   */
  charProperties(code: number, preceding: number): number {
    const width = this.wcwidth(code);
    if (width > 0) return width << 1;
    if (preceding === 0 && this.#core.buffers.active.x === 0) return 1 << 1;
    return (((preceding >> 1) & 3) << 1) | 1;
  }

  #find(code: number): Width {
    const old = this.#old.wcwidth(code);
    if (old !== 1 || code < 0x300) return old;
    const character = String.fromCodePoint(code);
    if (noWidth.test(character)) return 0;
    if (code < planes.start || code > planes.end) return 1;
    if (code >= flags.start && code <= flags.end) return 1;
    if (wideEmoji.test(character)) return 2;
    return wideSince6.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
  }
}

/** Gives a terminal the widths of today. */
export function useWidths(terminal: Terminal): void {
  terminal.unicode.register(new Widths(coreOf(terminal)));
  terminal.unicode.activeVersion = 'emoji';
}
