import type { Size } from '../input.js';
import { mostCells } from '../input.js';
import { enterScreen, leaveScreen } from './modes.js';

/** The two ends of a terminal, as Node has them. */
export interface TerminalEnds {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** Size taken where a terminal does not know its own. */
const unknownSize: Size = { cols: 80, rows: 24 };

/** Who uses the terminal hears of these. */
export interface TerminalListener {
  typed(bytes: Buffer): void;
  /** It has another size, or shows what others have drawn on it: all is to be drawn anew. */
  changed(): void;
  /** The terminal is gone. */
  closed(): void;
}

/**
 * The user's terminal while a clone is on it: raw, on its alternate screen. Left by `dispose`, and at the latest when
 * the process exits, for whatever reason it still hears of: the screen, the modes and the title are as before then.
 */
export class UserTerminal implements Disposable {
  readonly #ends: TerminalEnds;
  readonly #listener: TerminalListener;
  #state: 'outside' | 'inside' = 'outside';

  constructor(ends: TerminalEnds, listener: TerminalListener) {
    this.#ends = ends;
    this.#listener = listener;
  }

  /** Size of the window, within what the protocol takes. */
  get size(): Size {
    const { columns, rows } = this.#ends.stdout;
    if (!(columns > 0 && rows > 0)) return unknownSize;
    return { cols: Math.min(columns, mostCells), rows: Math.min(rows, mostCells) };
  }

  /** Takes the terminal over. */
  enter(): void {
    if (this.#state === 'inside') return;
    this.#state = 'inside';
    const { stdin, stdout } = this.#ends;
    process.on('exit', this.#leave);
    process.on('SIGCONT', this.#continued);
    setRaw(stdin, true);
    stdout.write(enterScreen);
    stdin.on('data', this.#typed);
    stdin.on('end', this.#closed);
    stdin.on('error', this.#closed);
    stdout.on('resize', this.#changed);
    stdin.resume();
  }

  write(data: Buffer | string): void {
    if (this.#state === 'inside') this.#ends.stdout.write(data);
  }

  [Symbol.dispose](): void {
    this.#leave();
  }

  readonly #leave = (): void => {
    if (this.#state === 'outside') return;
    this.#state = 'outside';
    const { stdin, stdout } = this.#ends;
    process.off('exit', this.#leave);
    process.off('SIGCONT', this.#continued);
    stdin.pause();
    stdin.off('data', this.#typed);
    stdin.off('end', this.#closed);
    stdin.off('error', this.#closed);
    stdout.off('resize', this.#changed);
    stdout.write(leaveScreen);
    setRaw(stdin, false);
  };

  readonly #typed = (bytes: Buffer): void => this.#listener.typed(bytes);

  readonly #changed = (): void => this.#listener.changed();

  /** Somebody has stopped this process and let it go on; its shell has set the terminal to its own modes meanwhile. */
  readonly #continued = (): void => {
    const { stdin } = this.#ends;
    // A mode that is set already as far as is known here is not set again.
    setRaw(stdin, false);
    setRaw(stdin, true);
    this.#listener.changed();
  };

  readonly #closed = (): void => this.#listener.closed();
}

function setRaw(stdin: NodeJS.ReadStream, raw: boolean): void {
  if (!stdin.isTTY) return;
  try {
    stdin.setRawMode(raw);
  } catch {
    // A terminal that is gone has no modes any more.
  }
}
