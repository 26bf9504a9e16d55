import type { KhloneError } from '../../../protocol/error.js';
import type { NotePoint } from '../contract.js';
import type { Front } from './front.js';

/** The turn that a program in a terminal is on. */
export interface CommandTurn {
  readonly say: string;
  readonly note: NotePoint;
  /** Why it could not be written down that it begins. */
  unnoted: KhloneError | undefined;
  /** Before the text was typed. */
  line: string;
  /** Whether that is a prompt, and all of it. */
  prompted: boolean;
  alternate: boolean;
  bracketed: boolean;
  front: Front;
  /** How many looks in a row found that it perhaps waits. */
  perhaps: number;
  stopped: boolean;
  /** Set once it said nothing for so long, in ms. */
  silentMs: number | undefined;
  text: string;
}
