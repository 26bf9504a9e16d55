import type { IDisposable, Terminal } from '@xterm/headless';
import type { Charset, ColourChange, Core } from './core.js';

/** Where the final characters of designations of G0 to G3 stand. */
const designators = ['(', ')', '*', '+'] as const;

/** Character sets that @xterm/headless knows, by their final character. */
const charsets = '0AB4C5RQKYE6ZH7=';

/** The default set, which it keeps as undefined. */
const ascii = 'B';

/** Most entries of a kitty keyboard stack, as its specification advises to bound it. */
const keyboardDepth = 16;

interface Keyboard {
  flags: number;
  stack: number[];
}

/**
 * Follows those modes of a terminal that @xterm/headless does not keep itself: the kitty keyboard's, the key
 * encoding of xterm, colours that were set, and which character sets were chosen.
 */
export class Modes implements IDisposable {
  readonly #core: Core;
  readonly #held: IDisposable[] = [];
  readonly #charsets = new Map<Charset, string>();
  readonly #colours = new Map<number, readonly [number, number, number]>();
  /** One for each screen, as the protocol demands. */
  readonly #keyboards: { readonly normal: Keyboard; readonly alt: Keyboard };
  #otherKeys = 0;

  constructor(terminal: Terminal, core: Core) {
    this.#core = core;
    this.#keyboards = { normal: { flags: 0, stack: [] }, alt: { flags: 0, stack: [] } };
    this.#followCharsets(terminal);
    this.#followKeyboard(terminal);
    this.#followResets(terminal);
    this.#held.push(core._inputHandler.onColor((changes) => this.#colour(changes)));
  }

  /** What was set for a colour, if anything; as in `ColourChange`. */
  colour(index: number): readonly [number, number, number] | undefined {
    return this.#colours.get(index);
  }

  /** Sequences that set colours, as they are now on a terminal where nothing was set. */
  colours(): string {
    let out = '';
    for (const [index, [r, g, b]] of this.#colours) {
      const spec = `rgb:${hex(r)}/${hex(g)}/${hex(b)}`;
      out += index < 256 ? `\u001b]4;${index};${spec}\u001b\\` : `\u001b]${index - 246};${spec}\u001b\\`;
    }
    return out;
  }

  /** Sequences that choose the character sets; `charset` instead of that in use, for a saved cursor. */
  charsets(charset?: { readonly saved: Charset | undefined }): string {
    const { _charsets: chosen, glevel } = this.#core._charsetService;
    if (charset) return charset.saved ? `\u001b(${this.#nameOf(charset.saved)}\u000f` : '';
    let out = '';
    designators.forEach((designator, g) => {
      const set = chosen[g];
      if (set) out += `\u001b${designator}${this.#nameOf(set)}`;
    });
    return out + ['', '\u000e', '\u001bn', '\u001bo'][glevel];
  }

  /** Sequences that set what has to do with keys, mouse and cursor, in any order and without moving the cursor. */
  switches(): string {
    const { coreService, coreMouseService, optionsService } = this.#core;
    const modes = coreService.decPrivateModes;
    let out = '';
    if (modes.applicationCursorKeys) out += '\u001b[?1h';
    if (modes.applicationKeypad) out += '\u001b=';
    if (modes.bracketedPasteMode) out += '\u001b[?2004h';
    if (modes.sendFocus) out += '\u001b[?1004h';
    if (modes.reverseWraparound) out += '\u001b[?45h';
    if (!modes.wraparound) out += '\u001b[?7l';
    if (optionsService.options.convertEol) out += '\u001b[20h';
    out += {
      NONE: '',
      X10: '\u001b[?9h',
      VT200: '\u001b[?1000h',
      DRAG: '\u001b[?1002h',
      ANY: '\u001b[?1003h',
    }[coreMouseService.activeProtocol];
    out += { DEFAULT: '', SGR: '\u001b[?1006h', SGR_PIXELS: '\u001b[?1016h' }[
      coreMouseService.activeEncoding
    ];
    if (optionsService.options.cursorBlink) out += '\u001b[?12h';
    if (modes.cursorStyle) {
      const style = { block: 2, underline: 4, bar: 6 }[modes.cursorStyle] - (modes.cursorBlink ? 1 : 0);
      out += `\u001b[${style} q`;
    }
    if (this.#otherKeys > 0) out += `\u001b[>4;${this.#otherKeys}m`;
    if (coreService.isCursorHidden) out += '\u001b[?25l';
    return out;
  }

  /** Sequences that set the kitty keyboard of a screen, which is the active one. */
  keyboard(screen: 'normal' | 'alt'): string {
    const { flags, stack } = this.#keyboards[screen];
    const all = [...stack, flags];
    let out = all[0] ? `\u001b[=${all[0]};1u` : '';
    for (const pushed of all.slice(1)) out += `\u001b[>${pushed}u`;
    return out;
  }

  /** Forgets everything, as a terminal does that is new. */
  reset(): void {
    this.#colours.clear();
    this.#keyboards.normal.flags = this.#keyboards.alt.flags = 0;
    this.#keyboards.normal.stack = [];
    this.#keyboards.alt.stack = [];
    this.#otherKeys = 0;
  }

  dispose(): void {
    for (const held of this.#held) held.dispose();
  }

  #nameOf(charset: Charset): string {
    return this.#charsets.get(charset) ?? ascii;
  }

  #followCharsets(terminal: Terminal): void {
    designators.forEach((designator, g) => {
      for (const final of charsets) {
        this.#held.push(
          terminal.parser.registerEscHandler({ intermediates: designator, final }, () => {
            this.#core._inputHandler.selectCharset(designator + final);
            const chosen = this.#core._charsetService._charsets[g];
            if (chosen) this.#charsets.set(chosen, final);
            return true;
          }),
        );
      }
    });
  }

  #followKeyboard(terminal: Terminal): void {
    const { parser } = terminal;
    const first = (params: readonly (number | number[])[], fallback: number): number => {
      const value = params[0];
      return typeof value === 'number' && value > 0 ? value : fallback;
    };
    this.#held.push(
      parser.registerCsiHandler({ prefix: '>', final: 'u' }, (params) => {
        const keyboard = this.#keyboard;
        keyboard.stack.push(keyboard.flags);
        if (keyboard.stack.length > keyboardDepth) keyboard.stack.shift();
        keyboard.flags = first(params, 0) & 31;
        return true;
      }),
      parser.registerCsiHandler({ prefix: '<', final: 'u' }, (params) => {
        const keyboard = this.#keyboard;
        for (let left = Math.min(first(params, 1), keyboardDepth + 1); left > 0; left--) {
          keyboard.flags = keyboard.stack.pop() ?? 0;
        }
        return true;
      }),
      parser.registerCsiHandler({ prefix: '=', final: 'u' }, (params) => {
        const keyboard = this.#keyboard;
        const flags = first(params, 0) & 31;
        const how = params[1] ?? 1;
        if (how === 2) keyboard.flags |= flags;
        else if (how === 3) keyboard.flags &= ~flags;
        else keyboard.flags = flags;
        return true;
      }),
      parser.registerCsiHandler({ prefix: '>', final: 'm' }, (params) => {
        if (params[0] !== 4) return false;
        const value = params[1];
        this.#otherKeys = typeof value === 'number' && value <= 2 ? value : 0;
        return true;
      }),
    );
  }

  #followResets(terminal: Terminal): void {
    this.#held.push(
      terminal.parser.registerEscHandler({ final: 'c' }, () => {
        this.reset();
        return false;
      }),
      terminal.parser.registerCsiHandler({ intermediates: '!', final: 'p' }, () => {
        this.#otherKeys = 0;
        return false;
      }),
    );
  }

  get #keyboard(): Keyboard {
    const { active, alt } = this.#core.buffers;
    return active === alt ? this.#keyboards.alt : this.#keyboards.normal;
  }

  #colour(changes: readonly ColourChange[]): void {
    for (const { type, index, color } of changes) {
      if (type === 1 && index !== undefined && color) this.#colours.set(index, color);
      else if (type === 2 && index === undefined) this.#forgetPalette();
      else if (type === 2 && index !== undefined) this.#colours.delete(index);
    }
  }

  #forgetPalette(): void {
    for (const index of [...this.#colours.keys()]) if (index < 256) this.#colours.delete(index);
  }
}

function hex(value: number): string {
  const two = value.toString(16).padStart(2, '0');
  return two + two;
}
