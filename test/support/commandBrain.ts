import { CommandBrain } from '../../daemon/brains/command/brain.js';
import type { Front } from '../../daemon/brains/command/front.js';
import { defaultTiming } from '../../daemon/brains/command/timing.js';
import type { BrainLimits, RiddenTurn } from '../../daemon/brains/contract.js';
import type { TerminalSettings } from '../../protocol/shapes/clone.js';
import { BrainListener } from './brainListener.js';
import type { FakeTerminal } from './fakeTerminal.js';

/** What a program as a clone is opened with in a test. */
interface Opening {
  readonly terminal: FakeTerminal;
  readonly frontOf: () => Promise<Front>;
  readonly settings?: TerminalSettings;
  readonly limits?: BrainLimits;
  /** The turn in which an earlier daemon has left it. */
  readonly ridden?: RiddenTurn;
}

/** Opens a program as a clone in a terminal that a test has made. */
export function openCommandBrain({
  terminal,
  frontOf,
  settings = {},
  limits = {},
  ridden,
}: Opening): BrainListener {
  const spec = {
    clone: 'shell.1',
    posture: 'act',
    cwd: '/zone',
    env: { A_TOKEN: 'very-secret-token' },
    conversation: 'c',
    begun: false,
    edits: 'ask',
    grants: [],
    command: ['bash'],
    terminal: settings,
    limits,
  } as const;
  const parts = { spec, terminal, timing: defaultTiming, frontOf, ...(ridden && { ridden }) };
  return new BrainListener(new CommandBrain(parts));
}

/** Makes a shell of the terminal's program: it echoes what is typed, and on Enter prints what the answers say and its prompt. */
export function actShell(
  terminal: () => FakeTerminal,
  answers: (line: string) => string,
  prompt = '$ ',
): void {
  let line = '';
  terminal().program = (data) => {
    if (data === '\x03') {
      line = '';
      terminal().print(`^C\n${prompt}`);
    } else if (data === '\r') {
      const said = line;
      line = '';
      terminal().print(`\n${answers(said)}${prompt}`);
    } else {
      // eslint-disable-next-line no-control-regex
      const text = data.replace(/\x1b\[20[01]~/g, '').replaceAll('\r', '\n');
      line += text;
      terminal().print(text);
    }
  };
  terminal().print(`\x1b[?2004h${prompt}`);
}
