import type { IUnicodeVersionProvider, Terminal } from '@xterm/headless';

/** Colour and style of a cell, as @xterm/headless packs them (`common/buffer/Constants.ts` of 6.0.0). */
export interface Attributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: {
    /** Underline style in bits 27 to 29, underline colour in bits 1 to 26. */
    readonly _ext: number;
    readonly urlId: number;
  };
}

export interface Cell extends Attributes {
  readonly content: number;
  getWidth(): number;
  getChars(): string;
}

export interface Line {
  readonly isWrapped: boolean;
  loadCell(column: number, cell: Cell): Cell;
  translateToString(trimRight: boolean, start?: number, end?: number): string;
}

/** A table of replacements of ASCII characters; undefined stands for ASCII itself. */
export type Charset = Readonly<Record<string, string | undefined>>;

export interface Marker {
  /** -1 once the line is no longer kept. */
  readonly line: number;
  /** Also called by `dispose`. */
  onDispose(listener: () => void): unknown;
  dispose(): void;
}

export interface ScreenBuffer {
  readonly lines: { readonly length: number; get(index: number): Line | undefined };
  readonly ybase: number;
  x: number;
  y: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: Attributes;
  readonly savedCharset: Charset | undefined;
  addMarker(line: number): Marker;
}

/** `type`: 0 asks for a colour, 1 sets it, 2 restores it. `index`: 0 to 255, 256 text, 257 background, 258 cursor. */
export interface ColourChange {
  readonly type: 0 | 1 | 2;
  readonly index?: number;
  readonly color?: readonly [number, number, number];
}

/** A sequence with a number in it, as its handler gets it. */
interface Counted {
  readonly params: readonly [number];
}

/**
 * What a screen reads of @xterm/headless beyond its public interface. The public one has no way to learn whether
 * the cursor is hidden, where the scroll region or the saved cursor is, what a cell's underline or link is, or to
 * parse at once. The version is pinned, and the tests of snapshots fail if any of this moves.
 */
export interface Core {
  readonly cols: number;
  readonly rows: number;
  readonly buffers: {
    readonly normal: ScreenBuffer;
    readonly alt: ScreenBuffer;
    readonly active: ScreenBuffer;
  };
  readonly coreService: {
    isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: {
      readonly applicationCursorKeys: boolean;
      readonly applicationKeypad: boolean;
      readonly bracketedPasteMode: boolean;
      readonly cursorBlink: boolean | undefined;
      readonly cursorStyle: 'block' | 'underline' | 'bar' | undefined;
      readonly origin: boolean;
      readonly reverseWraparound: boolean;
      readonly sendFocus: boolean;
      readonly wraparound: boolean;
    };
    triggerDataEvent(data: string): void;
  };
  readonly coreMouseService: {
    readonly activeProtocol: 'NONE' | 'X10' | 'VT200' | 'DRAG' | 'ANY';
    readonly activeEncoding: 'DEFAULT' | 'SGR' | 'SGR_PIXELS';
  };
  readonly optionsService: { readonly options: { cursorBlink: boolean; convertEol: boolean } };
  readonly unicodeService: {
    readonly _activeProvider: IUnicodeVersionProvider;
    wcwidth(code: number): number;
  };
  readonly _charsetService: {
    readonly charset: Charset | undefined;
    readonly glevel: number;
    readonly _charsets: (Charset | undefined)[];
  };
  readonly _oscLinkService: {
    getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined;
  };
  readonly _inputHandler: {
    readonly _curAttrData: Attributes;
    readonly _windowTitle: string;
    readonly _utf8Decoder: { readonly interim: Uint8Array; clear(): void };
    readonly _parser: { readonly currentState: number; readonly precedingJoinState: number; reset(): void };
    restoreCursor(): boolean;
    insertLines(how: Counted): boolean;
    deleteLines(how: Counted): boolean;
    scrollUp(how: Counted): boolean;
    scrollDown(how: Counted): boolean;
    cursorForwardTab(how: Counted): boolean;
    cursorBackwardTab(how: Counted): boolean;
    repeatPrecedingCharacter(how: Counted): boolean;
    setTitle(title: string): boolean;
    setHyperlink(link: string): boolean;
    eraseInLine(how: Counted): boolean;
    eraseInDisplay(how: Counted): boolean;
    selectCharset(designation: string): boolean;
    onColor(listener: (changes: readonly ColourChange[]) => void): { dispose(): void };
  };
  readonly _writeBuffer: { writeSync(data: Uint8Array): void };
}

/** Bits of `Attributes.fg`. */
export const Fg = {
  inverse: 0x4000000,
  bold: 0x8000000,
  underline: 0x10000000,
  blink: 0x20000000,
  invisible: 0x40000000,
  strikethrough: 0x80000000,
} as const;

/** Bits of `Attributes.bg`. */
export const Bg = {
  italic: 0x4000000,
  dim: 0x8000000,
  extended: 0x10000000,
  overline: 0x40000000,
} as const;

/** Bits of either that hold the colour. */
export const Colour = {
  all: 0x3ffffff,
  mode: 0x3000000,
  palette16: 0x1000000,
  palette256: 0x2000000,
} as const;

export function coreOf(terminal: Terminal): Core {
  return (terminal as unknown as { readonly _core: Core })._core;
}
