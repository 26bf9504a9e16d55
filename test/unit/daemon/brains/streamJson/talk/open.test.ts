import { beforeEach, describe, expect, it } from 'vitest';
import type { Brain, BrainSpec } from '../../../../../../daemon/brains/contract.js';
import { defaultDeadlines } from '../../../../../../daemon/brains/streamJson/deadlines.js';
import { openTalk } from '../../../../../../daemon/brains/streamJson/talk/open.js';
import type { HeldProgram, HeldSize, HeldTerminal } from '../../../../../../daemon/holder/contract.js';
import { toDisposable } from '../../../../../../daemon/lifecycle.js';
import type { Terminal, Terminals } from '../../../../../../daemon/streams/contract.js';
import { createTerminals } from '../../../../../../daemon/streams/terminals.js';
import { type FakeHeldTerminal, FakeTerminalHolder } from '../../../../../support/heldTerminal.js';
import { FakeScreens } from '../../../../../support/screens.js';

/** A holder whose programs show something, and end or live. */
class Programs extends FakeTerminalHolder {
  readonly orders: HeldProgram[] = [];
  readonly sizes: HeldSize[] = [];
  readonly screens = new FakeScreens();
  /** What each program does once its terminal is there; the last goes on for all that come after. */
  acts: ((held: FakeHeldTerminal) => void)[] = [];

  override async spawnTerminal(what: HeldProgram, size: HeldSize): Promise<HeldTerminal> {
    this.orders.push(what);
    this.sizes.push(size);
    const held = await super.spawnTerminal(what, size);
    const act = this.acts[Math.min(this.orders.length, this.acts.length) - 1];
    setImmediate(() => act?.(held as FakeHeldTerminal));
    return held;
  }

  /** Shows words and ends. */
  refuse(words: string): (held: FakeHeldTerminal) => void {
    return (held) => {
      const screen = this.screens.opened.at(-1);
      const text = screen?.text.bind(screen);
      if (screen && text) screen.text = async () => ({ ...(await text()), text: words });
      held.put('\x1b7\x1b[r\x1b8\x1b[?25h');
      held.exit({ code: 1, signal: null });
    };
  }
}

/** Gets ready to be typed into. */
const live = (held: FakeHeldTerminal): void => held.put('\x1b[?25l\x1b[?2004h');

let programs: Programs;
let listeners: number;
beforeEach(() => {
  listeners = 0;
  programs = new Programs();
});

const program: HeldProgram = {
  tag: { clone: 'mechanic.1' },
  program: '/bin/brain',
  args: ['first'],
  cwd: '/zone',
  env: { A: 'b', TERM: 'dumb' },
};
const spec: BrainSpec = {
  clone: 'mechanic.1',
  posture: 'talk',
  cwd: '/zone',
  env: {},
  conversation: 'c0',
  begun: false,
  model: 'big',
  brief: 'Be brief.',
  edits: 'accept',
  grants: ['Bash(ls)'],
};

function open(
  exists: boolean,
  begun: boolean,
  { size, env = {} }: { size?: HeldSize; env?: Record<string, string> } = {},
): Promise<Brain> {
  const kind = {
    args: ['--talk'],
    env: { B: 'c' },
    interrupt: 'x',
    exists: () => exists,
    transcript: () => undefined,
  };
  const real = createTerminals({ holder: programs, screens: programs.screens });
  const terminals: Terminals = {
    open: async (what, given) => counted(await real.open(what, given)),
    adopt: (held) => real.adopt(held),
  };
  return openTalk(
    { kind, terminals, deadlines: defaultDeadlines },
    { ...spec, env, begun },
    { program, size },
  );
}

/** Counts those who listen to a terminal. */
function counted(terminal: Terminal): Terminal {
  const onOutput = terminal.onOutput.bind(terminal);
  return Object.assign(terminal, {
    onOutput: (listener: Parameters<Terminal['onOutput']>[0]) => {
      const listening = onOutput(listener);
      listeners += 1;
      return {
        ...toDisposable(() => {
          listeners -= 1;
          listening.dispose();
        }),
      };
    },
  });
}

const openings = (): string[] =>
  programs.orders.map(({ args }) => args.find((arg) => /resume|session-id/.test(arg)) ?? '');

describe('a brain’s own terminal', () => {
  it('is opened as its clone is, in its size', async () => {
    await open(true, true, { size: { cols: 90, rows: 20 } });
    expect(programs.orders).toEqual([
      {
        ...program,
        args: [
          'first',
          '--talk',
          '--permission-mode=acceptEdits',
          '--resume=c0',
          '--model=big',
          '--append-system-prompt=Be brief.',
          '--allowedTools=Bash(ls)',
        ],
        env: { A: 'b', B: 'c', TERM: 'xterm-256color', COLORTERM: 'truecolor' },
      },
    ]);
    expect(programs.sizes).toEqual([{ cols: 90, rows: 20 }]);
  });

  it.each([
    { how: 'goes on with what its files show', exists: true, begun: false, opened: '--resume=c0' },
    { how: 'begins what nothing is known of', exists: false, begun: false, opened: '--session-id=c0' },
    {
      how: 'goes on with what was begun, wherever its files are',
      exists: false,
      begun: true,
      opened: '--resume=c0',
    },
  ])('$how', async ({ exists, begun, opened }) => {
    programs.acts = [live];
    await open(exists, begun);
    expect(openings()).toEqual([opened]);
  });

  it('is looked at for signs of life until there is one, and not for the rest of its life', async () => {
    await open(true, true);
    const known = listeners;
    listeners = 0;
    programs.acts = [live];
    await open(false, false);
    expect(listeners).toBe(known);
  });

  it('is not waited for where its files show that it can be opened', async () => {
    const brain = await open(true, true);
    expect(brain.isAlive()).toBe(true);
  });

  it.each([
    {
      why: 'unknown',
      words: 'No conversation found with session ID: c0',
      begun: true,
      opened: ['--resume=c0', '--session-id=c0'],
    },
    {
      why: 'in use',
      words: 'Error: Session ID c0 is already in use.',
      begun: false,
      opened: ['--session-id=c0', '--resume=c0'],
    },
  ])('is opened the other way where its conversation is $why', async ({ words, begun, opened }) => {
    programs.acts = [programs.refuse(words), live];
    const brain = await open(false, begun);
    expect(openings()).toEqual(opened);
    expect(brain.terminal?.held).toBe(programs.held[1]);
    expect(programs.held[0]?.disposed).toBe(true);
  });

  it('is not opened again and again', async () => {
    const words = 'No conversation found with session ID: c0';
    programs.acts = [programs.refuse(words)];
    await expect(open(false, true)).rejects.toMatchObject({ kind: 'brainDied' });
    expect(openings()).toHaveLength(2);
  });

  it('that ends at once for another reason fails with its last words', async () => {
    programs.acts = [programs.refuse('unknown option --talk')];
    await expect(open(false, true)).rejects.toMatchObject({
      kind: 'brainDied',
      details: { ending: 'exit code 1', stderr: 'unknown option --talk' },
    });
    expect(openings()).toHaveLength(1);
  });

  it('fails without the secrets that its last words hold', async () => {
    programs.acts = [programs.refuse('the key sk-very-secret-value is wrong')];
    const env = { ANTHROPIC_API_KEY: 'sk-very-secret-value' };
    await expect(open(false, true, { env })).rejects.toMatchObject({
      details: { stderr: expect.not.stringContaining('sk-very-secret-value') as string },
    });
  });
});
