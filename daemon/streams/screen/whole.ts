import type { Core } from './core.js';

/** States of the parser: between two sequences, and in strings (`ParserState` of @xterm/headless 6.0.0). */
const ground = 0;
const firstString = 7;
const oscString = 8;

/**
 * Longest open sequence that is waited for, in bytes. Of a longer one, which may have no end, the beginning may be
 * kept no longer: it is left out.
 */
const longestOpen = 1024 * 1024;

const escape = 0x1b;

/** Second bytes of the C1 control characters, in UTF-8 after 0xc2, that open a sequence. */
const openers = new Set([0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f]);

/**
 * Knows where the last piece of output began that a terminal has not taken yet because it is not whole: a
 * character cut in two, or an escape sequence whose end is still to come.
 */
export class WholeOffset {
  readonly #core: Core;
  /** After the last byte that was parsed. */
  #end: number;
  /** Where the open sequence began. */
  #opened: number | undefined;
  #last = 0;

  constructor(core: Core, offset: number) {
    this.#core = core;
    this.#end = offset;
  }

  get end(): number {
    return this.#end;
  }

  /** The first byte that the screen does not show the effect of, nor leaves out. */
  get whole(): number {
    if (this.#opened === undefined) return this.#end - this.#cutCharacter();
    return this.#isEndless ? this.#end : this.#opened;
  }

  /** What has a terminal take what comes for the rest of a sequence that is left out. */
  get opener(): string {
    const state = this.#core._inputHandler._parser.currentState;
    if (!this.#isEndless || state < firstString) return '';
    // Only this one ends with BEL, too; and no other is to mean anything.
    return state === oscString ? '\u001b]' : '\u001bX';
  }

  /** Takes note of bytes that were just parsed. */
  parsed(chunk: Uint8Array): void {
    const start = this.#end;
    this.#end += chunk.length;
    if (this.#core._inputHandler._parser.currentState === ground) this.#opened = undefined;
    else {
      const at = this.#lastOpener(chunk);
      if (at !== undefined) this.#opened = start + at;
      else this.#opened ??= start;
    }
    this.#last = chunk.at(-1) ?? this.#last;
  }

  /** Starts anew from another byte. */
  jump(offset: number): void {
    this.#end = offset;
    this.#opened = undefined;
    this.#last = 0;
  }

  get #isEndless(): boolean {
    return this.#opened !== undefined && this.#end - this.#opened > longestOpen;
  }

  #lastOpener(chunk: Uint8Array): number | undefined {
    for (let i = chunk.length - 1; i >= 0; i--) {
      if (chunk[i] === escape) return i;
      const before = i === 0 ? this.#last : chunk[i - 1];
      if (before === 0xc2 && openers.has(chunk[i] ?? 0)) return i - 1;
    }
    return undefined;
  }

  #cutCharacter(): number {
    const { interim } = this.#core._inputHandler._utf8Decoder;
    let bytes = 0;
    while (bytes < interim.length && interim[bytes] !== 0) bytes++;
    return bytes;
  }
}
