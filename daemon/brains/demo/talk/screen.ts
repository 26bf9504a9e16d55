import type { Drawing } from './view.js';

const enter = '\x1b[?1049h\x1b[?2004h';
const leave = '\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l';

/** Keeps a terminal's screen as it is drawn, and writes only the rows that have changed. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #rows: readonly string[] = [];
  #title = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    out.write(enter);
  }

  show({ rows, cursor }: Drawing, title: string): void {
    const changed = rows
      .map((row, at) => (row === this.#rows[at] ? '' : `\x1b[${at + 1};1H\x1b[2K${row}`))
      .join('');
    const named = title === this.#title ? '' : `\x1b]2;${title}\x07`;
    this.#rows = rows;
    this.#title = title;
    // Hidden meanwhile, so that it is not seen on its way.
    this.#out.write(`\x1b[?25l${named}${changed}\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`);
  }

  /** Draws all of it the next time: after a change of size nobody knows what is there. */
  forget(): void {
    this.#rows = [];
    this.#out.write('\x1b[0m\x1b[2J');
  }

  /** Gives the terminal back as it was, with a last word; `then` is called once that is written. */
  close(word: string, then: () => void): void {
    this.#out.write(`${leave}\x1b]2;\x07${word}\n`, then);
  }
}
