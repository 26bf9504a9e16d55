/** The word that leaves a program which has no such word of its own. */
const word = '/exit';

const [enter, interrupt, killLine] = ['\r', '\u0003', '\u0015'];
/** Deletes a character in a terminal's line mode, and in shells. */
const backspace = '\u007f';

/** What becomes of typed bytes. */
export interface TypedLine {
  readonly data: Buffer;
  /** Whether the line was `/exit`; `data` then takes it back. */
  readonly exit: boolean;
}

/**
 * Finds a line that is `/exit` and nothing else, typed right after Enter, Ctrl-C or Ctrl-U or as the first of all.
 * What was typed of it has reached the program already, and is taken back.
 */
export class ExitLine {
  /** What was typed since the line began; undefined once it cannot be the word any more. */
  #line: string | undefined = '';

  /** `applies`: whether the program is one that takes lines; a full-screen program has a `/` of its own. */
  push(data: Buffer, applies: boolean): TypedLine {
    if (!applies) {
      this.#line = undefined;
      return { data, exit: false };
    }
    const text = data.toString('latin1');
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === enter && this.#line === word) {
        this.#line = '';
        const before = text.slice(0, at);
        return { data: Buffer.from(before + backspace.repeat(word.length), 'latin1'), exit: true };
      }
      if (character === enter || character === interrupt || character === killLine) this.#line = '';
      else this.#line = this.#grown(character);
    }
    return { data, exit: false };
  }

  #grown(character: string): string | undefined {
    const line = this.#line === undefined ? undefined : this.#line + character;
    return line !== undefined && word.startsWith(line) ? line : undefined;
  }
}
