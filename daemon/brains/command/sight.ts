import type { TerminalSettings } from '../../../protocol/shapes/clone.js';
import type { ProcessIdentity } from '../../holder/contract.js';
import type { Terminal } from '../../streams/contract.js';
import { type Front, waitsForInput } from './front.js';
import { lostBefore, resultOf } from './result.js';
import { type CommandTurn, type Picture, unknownFront } from './turn.js';

const bracketedPaste = '\x1b[?2004h';

/** Looks in a row after which a program that perhaps waits for input counts as waiting. */
const perhapsLooks = 10;

/** What a sight is of. */
export interface SightParts {
  readonly clone: string;
  readonly terminal: Terminal;
  readonly frontOf: (identity: ProcessIdentity) => Promise<Front>;
  readonly settings: () => TerminalSettings;
}

/** What is known of a program when it is looked at. */
export interface Look {
  /** The turn that was typed, if one was. */
  readonly turn: CommandTurn | undefined;
  /** Whether its end is all that is waited for. */
  readonly running: boolean;
  /** Whether it was quiet for as long as its clone says. */
  readonly quiet: boolean;
}

/** Looks at a program as a person does: at its screen, and at who has its terminal. */
export class Sight {
  readonly #parts: SightParts;
  /** The line that was typed into last, as it was before. */
  #prompt: string;

  constructor(parts: SightParts, prompt: string) {
    this.#parts = parts;
    this.#prompt = prompt;
  }

  /** Resolves once the screen shows all that was put out by now. Never rejects. */
  async drawn(): Promise<void> {
    await this.#parts.terminal.screen.text({ scrollback: 0, ansi: false }).catch(() => undefined);
  }

  /** What the terminal is like before it is typed into, and the byte at which it was marked; undefined where nobody knows. */
  async picture(): Promise<{ readonly picture: Picture; readonly marked: number } | undefined> {
    const { terminal, frontOf, settings } = this.#parts;
    const { screen, held } = terminal;
    const { prompt } = settings();
    const before = await Promise.all([
      screen.text({ scrollback: 0, ansi: false }),
      screen.snapshot({ scrollback: 0 }),
      frontOf(held.identity),
      prompt === undefined ? false : screen.atPrompt(prompt),
      screen.mark(),
    ]).catch(() => undefined);
    if (!before) return undefined;
    const [text, snapshot, front, prompted, marked] = before;
    // Output without an end of line may stand before the prompt that is known already.
    if (this.#prompt === '' || !text.line.endsWith(this.#prompt)) this.#prompt = text.line;
    const line = this.#prompt;
    const picture = {
      line,
      prompted: prompted && line === text.line && line !== '',
      alternate: text.alternate,
      bracketed: snapshot.data.includes(bracketedPaste),
      front,
    };
    return { picture, marked };
  }

  /** Whether a program that is quiet waits for input. */
  async waits({ turn, running, quiet }: Look): Promise<boolean> {
    const { terminal, frontOf, settings } = this.#parts;
    const { prompt } = settings();
    if (prompt !== undefined) {
      const there = await this.#atPrompt(prompt, turn);
      // One that greets without its prompt is ready as any other is, and so is one that was interrupted.
      if (there || running || !quiet) return there;
    }
    const front = await frontOf(terminal.held.identity);
    const waits = waitsForInput(front, turn?.before.front ?? unknownFront);
    if (!turn) return waits !== 'no';
    turn.perhaps = waits === 'perhaps' ? turn.perhaps + 1 : 0;
    return waits === 'yes' || turn.perhaps >= perhapsLooks;
  }

  /** What the turn put on the screen; undefined where nobody knows. */
  async result(turn: CommandTurn): Promise<string | undefined> {
    const { clone, terminal, settings } = this.#parts;
    const { screen } = terminal;
    const { prompt } = settings();
    const after = await Promise.all([
      screen.gained(),
      screen.text({ scrollback: 0, ansi: false }),
      prompt === undefined ? false : this.#atPrompt(prompt, turn),
    ]).catch(() => undefined);
    if (!after) return undefined;
    const [gained, text, atPrompt] = after;
    const before = { say: turn.say, ...turn.before };
    const result = resultOf(before, { gained: gained.text, text, prompt: atPrompt });
    return gained.complete ? result : `${lostBefore(clone)}\n${result}`;
  }

  /** Whether the cursor is behind a prompt: also one like that of this turn, after output without an end of line. */
  async #atPrompt(pattern: string, turn: CommandTurn | undefined): Promise<boolean> {
    const { screen } = this.#parts.terminal;
    const looks = Promise.all([screen.atPrompt(pattern), screen.text({ scrollback: 0, ansi: false })]);
    const [matches, { line }] = await looks.catch(() => [false, { line: '' }] as const);
    return matches || (turn?.before.prompted === true && line.endsWith(turn.before.line));
  }
}
