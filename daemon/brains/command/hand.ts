import type { KhloneError } from '../../../protocol/error.js';
import type { Terminal } from '../../streams/contract.js';
import { refusalToNote } from '../noting.js';
import { maxCookedBytes, pasteOf } from './paste.js';
import type { CommandPoint, CommandTurn, Typed } from './turn.js';

const enterKey = '\r';
const interruptKey = '\x03';

/**
 * Types for a turn. What is about to be written is noted first, with its place in all that was written: a later
 * daemon knows by what the holder has counted whether it is to be written still, and never writes it twice.
 */
export class Hand {
  readonly #terminal: Terminal;
  readonly #fault: (reason: string) => void;

  /** `fault` hears what the program will not take as it was meant. */
  constructor(terminal: Terminal, fault: (reason: string) => void) {
    this.#terminal = terminal;
    this.#fault = fault;
  }

  /** Types the text; false where nothing was typed, with `unnoted` where that is why. */
  type(turn: CommandTurn): boolean {
    const paste = pasteOf(turn.say, turn.before.bracketed);
    turn.unnoted = this.#note(turn, { text: this.#next(paste) });
    if (turn.unnoted) return false;
    const longest = paste.split('\r').reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 0);
    if (turn.before.front.keys === false && longest > maxCookedBytes)
      this.#fault(`a line of ${longest} bytes was typed; its terminal keeps ${maxCookedBytes} of one line`);
    return this.#terminal.write(paste);
  }

  /** Presses Enter; otherwise as `type`. */
  enter(turn: CommandTurn): boolean {
    const enter = { ...this.#next(enterKey), output: this.#terminal.spool.end };
    turn.unnoted = this.#note(turn, { ...turn.typed, enter });
    return turn.unnoted === undefined && this.#terminal.write(enterKey);
  }

  /** Presses Ctrl-C, noted or not: a disk that refuses must not keep the program going. */
  interrupt(turn: CommandTurn | undefined): void {
    if (turn?.typed.text) this.#note(turn, { ...turn.typed, interrupt: this.#next(interruptKey) });
    this.#terminal.write(interruptKey);
  }

  #next(data: string): { readonly input: number; readonly bytes: number } {
    return { input: this.#terminal.held.sent, bytes: Buffer.byteLength(data) };
  }

  #note(turn: CommandTurn, typed: Typed): KhloneError | undefined {
    const { held, spool } = this.#terminal;
    const from = (turn.marked ??= spool.end);
    const point: CommandPoint = { before: turn.before, typed };
    turn.typed = typed;
    return refusalToNote(turn.note, { run: held.run, from, point });
  }
}
