import { constants } from 'node:os';

/** A terminal's size, in cells. */
export interface CastSize {
  readonly cols: number;
  readonly rows: number;
}

/** What a recording begins with. */
export interface CastStart extends CastSize {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly title: string;
  /** The value of TERM that the program has. */
  readonly type: string;
}

/** How a program ended. */
export interface CastExit {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
}

/**
 * Writes the lines of an asciicast, version 3 (https://docs.asciinema.org/manual/asciicast/v3/): a header, then
 * events `[seconds since the event before, code, data]`. Each method gives whole lines, so that a file that is
 * appended to is valid at any time.
 */
export class Cast {
  readonly #decoder = new TextDecoder('utf-8');
  #lastMs: number;

  /** `startMs`: milliseconds since 1970. */
  private constructor(startMs: number) {
    this.#lastMs = startMs;
  }

  /** Begins a recording, and gives its header. */
  static begin({ cols, rows, at, title, type }: CastStart): { readonly cast: Cast; readonly header: string } {
    const header = { version: 3, term: { cols, rows, type }, timestamp: Math.floor(at / 1000), title };
    return { cast: new Cast(at), header: `${JSON.stringify(header)}\n` };
  }

  /** Output; a character cut in two comes with its second half. */
  output(at: number, bytes: Uint8Array): string {
    const text = this.#decoder.decode(bytes, { stream: true });
    return text === '' ? '' : this.#event(at, 'o', text);
  }

  resized(at: number, { cols, rows }: CastSize): string {
    return this.#event(at, 'r', `${cols}x${rows}`);
  }

  /** The end of the program; by a signal it has the number that a shell gives it. */
  exited(at: number, { code, signal }: CastExit): string {
    const number = constants.signals[signal as NodeJS.Signals] as number | undefined;
    return this.#rest(at) + this.#event(at, 'x', String(code ?? (number === undefined ? 1 : 128 + number)));
  }

  /** The end of the recording: what is left of a character that was cut off, and the time since the last event. */
  end(at: number): string {
    const rest = this.#rest(at);
    return rest === '' && at > this.#lastMs ? this.#event(at, 'o', '') : rest;
  }

  #rest(at: number): string {
    const rest = this.#decoder.decode();
    return rest === '' ? '' : this.#event(at, 'o', rest);
  }

  #event(at: number, code: 'o' | 'r' | 'x', data: string): string {
    // Clocks are set back now and then; a recording does not run backwards.
    const now = Math.max(at, this.#lastMs);
    const seconds = (now - this.#lastMs) / 1000;
    this.#lastMs = now;
    return `${JSON.stringify([Number(seconds.toFixed(3)), code, data])}\n`;
  }
}
