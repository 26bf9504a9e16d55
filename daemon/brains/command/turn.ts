import type { KhloneError } from '../../../protocol/error.js';
import type { NotePoint } from '../contract.js';
import type { Written } from '../delivery.js';
import type { Front } from './front.js';

/** What a program's terminal was like before it was typed into. */
export interface Picture {
  /** The line that is typed into: the prompt, where there is one. */
  readonly line: string;
  /** Whether that is a prompt, and all of it. */
  readonly prompted: boolean;
  readonly alternate: boolean;
  readonly bracketed: boolean;
  readonly front: Front;
}

/** Nothing is known of a program's terminal. */
export const unknownFront: Front = { own: undefined, keys: undefined };

/** Enter, and how far the output was heard when it was pressed. */
interface Enter extends Written {
  readonly output: number;
}

/** What was written to the program for a turn so far; missing where it was not. */
export interface Typed {
  readonly text?: Written;
  readonly enter?: Enter;
  readonly interrupt?: Written;
}

/** What a later daemon needs to go on with a turn, beside what the program put out; it outlives JSON. */
export interface CommandPoint {
  readonly before: Picture;
  readonly typed: Typed;
}

/** The turn that a program in a terminal is on. */
export interface CommandTurn {
  readonly say: string;
  readonly note: NotePoint;
  /** Why it could not be written down that it begins. */
  unnoted: KhloneError | undefined;
  before: Picture;
  /** Offset in the output at which the screen was marked. */
  marked: number | undefined;
  typed: Typed;
  /** How many looks in a row found that it perhaps waits. */
  perhaps: number;
  stopped: boolean;
  /** Set once it said nothing for so long, in ms. */
  silentMs: number | undefined;
  text: string;
}

/** A turn of which nothing is known but what is to be said. */
export function newTurn(say: string, note: NotePoint): CommandTurn {
  return {
    say,
    note,
    unnoted: undefined,
    before: { line: '', prompted: false, alternate: false, bracketed: false, front: unknownFront },
    marked: undefined,
    typed: {},
    perhaps: 0,
    stopped: false,
    silentMs: undefined,
    text: '',
  };
}
