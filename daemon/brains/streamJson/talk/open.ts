import { fail } from '../../../../protocol/fail.js';
import type { HeldProgram, HeldSize, HeldTerminal, ProcessExit } from '../../../holder/contract.js';
import { DisposableStore, toDisposable } from '../../../lifecycle.js';
import { defaultSize, type Terminal, type Terminals } from '../../../streams/contract.js';
import { conversationArgs, type Opening } from '../args.js';
import type { Brain, BrainSpec, ToldOutput } from '../../contract.js';
import type { Deadlines } from '../deadlines.js';
import { refusalIn } from '../refusal.js';
import { redactor } from '../text.js';
import { sizeOf, TalkBrain } from './brain.js';
import type { TalkKind } from './kind.js';

/** How long a program may take to show that it has taken the conversation up, where that is in doubt, in ms. */
const doubtMs = 5_000;

/** Programs turn this mode on before they draw, and none that refuses its conversation does. */
const signOfLife = '\u001b[?2004h';

/** Longest last words of a program that ended at once, in UTF-16 units. */
const lastWordsShown = 2000;

/** What terminals of one kind of brain are opened with. */
export interface TalkParts {
  readonly kind: TalkKind;
  readonly terminals: Terminals;
  readonly deadlines: Deadlines;
}

/**
 * Opens the brain's own terminal on a conversation; `program` is without the arguments for that.
 * @throws brainDied when it ends at once, and the system's error when it cannot be started
 */
export async function openTalk(
  { kind, terminals, deadlines }: TalkParts,
  spec: BrainSpec,
  { program, size = defaultSize }: { readonly program: HeldProgram; readonly size?: HeldSize | undefined },
): Promise<Brain> {
  const exists = kind.exists(spec);
  const from = sizeOf(kind.transcript(spec));
  let opening: Opening = exists || spec.begun ? 'resume' : 'new';
  for (let tried = 1; ; tried++) {
    const args = [...program.args, ...kind.args, ...conversationArgs(spec, opening)];
    const env = { ...program.env, ...kind.env, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
    const terminal = await terminals.open({ ...program, args, env }, size);
    // Its files say what is true of it; without them only the attempt does.
    const exit = exists ? undefined : await endOf(terminal);
    if (!exit) return new TalkBrain({ kind, terminal, conversation: spec, from, graceMs: deadlines.graceMs });
    const { text } = await terminal.screen
      .text({ scrollback: 100, ansi: false })
      .finally(() => terminal.dispose());
    const refusal = tried === 1 ? refusalIn(text) : undefined;
    if (refusal === undefined || refusal === 'unconfined') throw died(exit, redactor(spec.env)(text));
    opening = refusal === 'unknown' ? 'new' : 'resume';
  }
}

/** Takes up a terminal that an earlier daemon opened. */
export function adoptTalk(
  { kind, terminals, deadlines }: TalkParts,
  spec: BrainSpec,
  { held, told }: { readonly held: HeldTerminal; readonly told: (output: ToldOutput) => boolean },
): Brain {
  const { graceMs } = deadlines;
  return new TalkBrain({ kind, terminal: terminals.adopt(held), conversation: spec, told, graceMs });
}

/** How a program ended before it has shown that it lives; undefined once it has, or may be taken to. */
async function endOf(terminal: Terminal): Promise<ProcessExit | undefined> {
  const listening = new DisposableStore();
  const lives = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), doubtMs);
    listening.add(toDisposable(() => clearTimeout(timer)));
    let end = '';
    listening.add(
      terminal.onOutput((_, chunk) => {
        const said = end + chunk.toString('latin1');
        if (said.includes(signOfLife)) resolve(undefined);
        end = said.slice(1 - signOfLife.length);
      }),
    );
  });
  return Promise.race([lives, terminal.held.exited]).finally(() => listening.dispose());
}

function died({ code, signal }: ProcessExit, text: string): Error {
  const ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return fail('brainDied', { ending, stderr: text.slice(-lastWordsShown) });
}
