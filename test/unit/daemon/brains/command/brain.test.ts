import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BrainLimits } from '../../../../../daemon/brains/contract.js';
import type { Front } from '../../../../../daemon/brains/command/front.js';
import { defaultTiming } from '../../../../../daemon/brains/command/timing.js';
import type { TerminalSettings } from '../../../../../protocol/shapes/clone.js';
import type { BrainListener } from '../../../../support/brainListener.js';
import { actShell, openCommandBrain } from '../../../../support/commandBrain.js';
import { FakeTerminal } from '../../../../support/fakeTerminal.js';

let terminal: FakeTerminal;
let front: Front;
let looks: number;
/** While set, a look at the terminal waits for it. */
let gate: Promise<void> | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  terminal = new FakeTerminal();
  front = { own: true, keys: true };
  looks = 0;
  gate = undefined;
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

const frontOf = async (): Promise<Front> => {
  looks += 1;
  await gate;
  return front;
};
const open = (settings: TerminalSettings = {}, limits: BrainLimits = {}): BrainListener =>
  openCommandBrain({ terminal, frontOf, settings, limits });
const shell = (answers: (line: string) => string, prompt?: string): void =>
  actShell(() => terminal, answers, prompt);

/** An open shell that can be typed into. */
async function ready(settings?: TerminalSettings): Promise<BrainListener> {
  const heard = open(settings);
  shell((line) => `${line.replace('echo ', '')}\n`);
  await pass(200);
  return heard;
}

const end = async (heard: BrainListener): Promise<void> => {
  const ended = heard.brain.kill();
  await pass(1);
  await ended;
};

describe('a turn in a terminal', () => {
  it('is typed as a paste with Enter, and ends after the quiet time with what the screen gained', async () => {
    const heard = await ready();
    heard.brain.send('echo hello');
    await pass(1);
    expect(terminal.typed).toEqual(['\x1b[200~echo hello\x1b[201~']);
    expect(heard.heard).toEqual([]);
    await pass(30);
    expect(terminal.typed.slice(1)).toEqual(['\r']);
    expect(heard.heard).toEqual([{ type: 'turn.accepted' }]);
    await pass(defaultTiming.quietMs - 50);
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(50);
    expect(heard.heard.slice(1)).toEqual([
      { type: 'message.completed', message: expect.any(String) as string, text: 'hello' },
      { type: 'turn.finished', outcome: { status: 'done', text: 'hello' }, usage: [] },
    ]);
    await end(heard);
  });

  it('keeps output without an end of line, and knows the prompt after it again', async () => {
    const heard = open();
    shell((line) => (line === 'printf x' ? 'x' : `${line}\n`));
    await pass(200);
    for (const say of ['a', 'printf x', 'b']) {
      heard.brain.send(say);
      await pass(1_100);
    }
    expect(heard.all('turn.finished').map(({ outcome }) => outcome.text)).toEqual(['a', 'x', 'b']);
    await end(heard);
  });

  it('is typed as it is where the program does not ask for brackets', async () => {
    const heard = open();
    shell(() => '');
    terminal.print('\x1b[?2004l');
    await pass(200);
    heard.brain.send('one\ntwo');
    await pass(1);
    expect(terminal.typed).toEqual(['one\rtwo']);
    await end(heard);
  });

  it('waits for the program to be ready for its first input, however slowly it starts', async () => {
    const heard = open();
    front = { own: false, keys: false };
    heard.brain.send('echo hello');
    await pass(3_000);
    terminal.print('a greeting\n');
    await pass(3_000);
    expect(terminal.typed).toEqual([]);
    front = { own: true, keys: true };
    shell((line) => `${line}\n`);
    await pass(200);
    expect(terminal.typed).toHaveLength(2);
    await pass(2_000);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { text: 'echo hello' } }]);
    await end(heard);
  });

  it('is typed in the end, also where the program never looks ready', async () => {
    const heard = open({ prompt: 'never' });
    front = { own: false, keys: false };
    heard.brain.send('a');
    await pass(defaultTiming.readyMs - 1);
    expect(terminal.typed).toEqual([]);
    await pass(1);
    expect(terminal.typed).toEqual(['a']);
    await end(heard);
  });

  it('goes on while another program runs in front, and is looked at now and then', async () => {
    const heard = await ready();
    heard.brain.send('sleep 100');
    await pass(1);
    front = { own: false, keys: false };
    looks = 0;
    await pass(60_000);
    expect(heard.all('turn.finished')).toEqual([]);
    expect(looks).toBeGreaterThan(50);
    expect(looks).toBeLessThan(70);
    front = { own: true, keys: true };
    await pass(1_100);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it('ends where the program in front waits for keys, as an editor does', async () => {
    const heard = await ready();
    heard.brain.send('vim');
    front = { own: false, keys: true };
    await pass(1_100);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it('goes on for a while where a program that reads keys does not, though it is in front itself', async () => {
    const heard = await ready();
    heard.brain.send('wait');
    await pass(1);
    front = { own: true, keys: false };
    await pass(9_000);
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(2_000);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it('begins its quiet time anew with all that is printed', async () => {
    const heard = await ready({ quietMs: 500 });
    shell(() => '');
    heard.brain.send('a');
    for (let index = 0; index < 20; index++) {
      await pass(450);
      terminal.print(`line ${index}\n`);
    }
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(550);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it('is not over when more is printed while it is looked at', async () => {
    const heard = await ready({ quietMs: 500 });
    heard.brain.send('a');
    await pass(100);
    let answer = (): void => undefined;
    gate = new Promise((resolve) => (answer = resolve));
    await pass(600);
    terminal.print('late\n');
    answer();
    await pass(1);
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(1_000);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });
});

describe('a prompt', () => {
  it('ends a turn long before the quiet time, and is no part of its result', async () => {
    const heard = await ready({ prompt: '^[$]$' });
    heard.brain.send('echo hello');
    await pass(150);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
    await end(heard);
  });

  it('is not the one that stood there before, and not one that more follows', async () => {
    const heard = await ready({ prompt: '[$]$' });
    terminal.program = (data) => terminal.print(data === '\r' ? '' : '$');
    heard.brain.send('a');
    await pass(5_000);
    expect(terminal.typed).toHaveLength(2);
    expect(heard.all('turn.finished')).toEqual([]);
    terminal.print('\nit costs 5 $');
    await pass(40);
    terminal.print(' or so\n');
    await pass(5_000);
    expect(heard.all('turn.finished')).toEqual([]);
    terminal.print('$ ');
    await pass(60);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { text: 'it costs 5 $ or so' } }]);
    await end(heard);
  });

  it.each(['[$] $', '^[$]$', '[$]\\s*$'])(
    'may be given with the blank before the cursor or without: %s',
    async (prompt) => {
      const heard = await ready({ prompt });
      heard.brain.send('echo hello');
      await pass(150);
      expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
      await end(heard);
    },
  );

  it('is found where it goes over the edge, and with something to its right', async () => {
    const long = `${'long '.repeat(12)}$ `;
    const heard = open({ prompt: '^(long )+[$] $' });
    shell(() => '', `${long}\x1b7\x1b[33Gright\x1b8`);
    await pass(200);
    heard.brain.send('a');
    await pass(150);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it('is known after output without an end of line, which is kept', async () => {
    const heard = open({ prompt: '^[$] $' });
    shell((line) => (line === 'printf x' ? 'x' : `${line}\n`));
    await pass(200);
    for (const say of ['printf x', 'b']) {
      heard.brain.send(say);
      await pass(150);
    }
    expect(heard.all('turn.finished').map(({ outcome }) => outcome.text)).toEqual(['x', 'b']);
    await end(heard);
  });

  it('can be changed while the program runs', async () => {
    const heard = await ready();
    heard.brain.adjust?.({ prompt: '^[$]$' });
    heard.brain.send('a');
    await pass(150);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });
});

describe('a program that says nothing', () => {
  it('fails the turn where its clone sets a limit, and is ended first', async () => {
    const heard = open({ prompt: '^[$] $' }, { stallMs: 3_000 });
    shell(() => 'no prompt\n', '');
    await pass(1_200);
    heard.brain.send('x');
    await pass(2_900);
    terminal.print('a sign of life\n');
    await pass(2_900);
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(200);
    expect(terminal.kills).toBe(1);
    expect(heard.all('turn.finished')).toMatchObject([
      { outcome: { status: 'failed', error: { kind: 'brainSilent', details: { silentMs: 3_000 } } } },
    ]);
    expect(JSON.stringify(heard.all('turn.finished'))).toContain('a sign of life');
  });

  it('has all the time there is where it sets none', async () => {
    const heard = open({ prompt: '^[$] $' });
    shell(() => 'no prompt\n', '');
    await pass(1_200);
    heard.brain.send('x');
    await pass(3_600_000);
    expect(heard.all('turn.finished')).toEqual([]);
    await end(heard);
  });
});

describe('an interrupt', () => {
  it('presses Ctrl-C, and the turn ends as interrupted once the program is quiet', async () => {
    const heard = await ready();
    heard.brain.send('sleep 100');
    await pass(100);
    front = { own: false, keys: false };
    await pass(2_000);
    heard.brain.interrupt();
    expect(terminal.typed.at(-1)).toBe('\x03');
    front = { own: true, keys: true };
    await pass(1_100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    expect(heard.brain.isAlive()).toBe(true);
    await end(heard);
  });

  it('ends the turn in the end, whatever the program does, and keeps it', async () => {
    const heard = await ready();
    terminal.program = () => undefined;
    heard.brain.send('trap');
    await pass(500);
    front = { own: false, keys: false };
    heard.brain.interrupt();
    await pass(defaultTiming.interruptMs - 1);
    expect(heard.all('turn.finished')).toEqual([]);
    await pass(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    expect(heard.brain.isAlive()).toBe(true);
    await end(heard);
  });

  it('ends the turn as interrupted also where the program ends by it', async () => {
    const heard = await ready();
    terminal.program = (data) => (data === '\x03' ? terminal.end({ code: 130, signal: null }) : undefined);
    heard.brain.send('a');
    await pass(500);
    heard.brain.interrupt();
    await pass(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    expect(heard.brain.isAlive()).toBe(false);
  });

  it('types nothing where the turn waited for the program to start', async () => {
    const heard = open();
    heard.brain.send('a');
    heard.brain.interrupt();
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted', text: '' } }]);
    await pass(20_000);
    expect(terminal.typed).toEqual([]);
    await end(heard);
  });
});

describe('the end of the program', () => {
  it('ends the turn as done where it ends well, as a shell does by exit', async () => {
    const heard = await ready();
    terminal.program = (data) => terminal.print(data === '\r' ? '\nlogout\n' : 'exit');
    heard.brain.send('exit');
    await pass(50);
    terminal.end({ code: 0, signal: null });
    await pass(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'logout' } }]);
    expect(await heard.brain.await()).toEqual({ code: 0, signal: null });
    expect(terminal.disposed).toBe(true);
    expect(heard.brain.isAlive()).toBe(false);
  });

  it.each([
    { exit: { code: 3, signal: null }, ending: 'exit code 3' },
    { exit: { code: null, signal: 'SIGSEGV' as const }, ending: 'signal SIGSEGV' },
  ])('fails the turn with its last words: $ending', async ({ exit, ending }) => {
    const heard = await ready();
    terminal.program = (data) => terminal.print(data === '\r' ? '\nno such thing: very-secret-token\n' : 'x');
    heard.brain.send('x');
    await pass(50);
    terminal.end(exit);
    await pass(1);
    const [finished] = heard.all('turn.finished');
    expect(finished?.outcome).toMatchObject({ status: 'failed', text: 'no such thing: very-secret-token' });
    const error = finished?.outcome.status === 'failed' ? finished.outcome.error : undefined;
    expect(error).toMatchObject({ kind: 'brainDied', details: { ending } });
    expect(error?.details['stderr']).toMatch(/^no such thing: (?!very-secret)/);
  });

  it('at rest ends no turn, and the next one fails', async () => {
    const heard = await ready();
    terminal.end({ code: 1, signal: null });
    await pass(1);
    expect(heard.heard).toEqual([]);
    expect(heard.brain.isAlive()).toBe(false);
    heard.brain.send('a');
    await pass(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'failed' } }]);
  });

  it('on request ends the turn as interrupted', async () => {
    const heard = await ready();
    heard.brain.send('a');
    await pass(50);
    await end(heard);
    expect(terminal.kills).toBe(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    expect(terminal.disposed).toBe(true);
  });
});

describe('a program that does not read, and a screen that does not answer', () => {
  it('fails the turn, and keeps the program', async () => {
    const heard = await ready();
    terminal.reads = false;
    heard.brain.send('a');
    await pass(1);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { error: { kind: 'inputFull' } } }]);
    expect(heard.brain.isAlive()).toBe(true);
    await end(heard);
  });

  it('are done without', async () => {
    const heard = await ready();
    terminal.stuck = true;
    heard.brain.send('a');
    await pass(defaultTiming.screenMs);
    expect(terminal.typed).toEqual(['a']);
    await pass(2_000 + defaultTiming.screenMs);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: '' } }]);
    await end(heard);
  });
});

it('is typed into once it is quiet where an earlier daemon started it, and nothing is printed any more', async () => {
  shell(() => '');
  const heard = open({ prompt: '^[$]$' });
  heard.brain.send('a');
  expect(terminal.typed).toEqual([]);
  await pass(51);
  expect(terminal.typed[0]).toBe('\x1b[200~a\x1b[201~');
  await end(heard);
});

it('says so when a line is longer than its terminal keeps', async () => {
  front = { own: true, keys: false };
  const heard = await ready();
  terminal.print('\x1b[?2004l');
  heard.brain.send(`short\n${'x'.repeat(5_000)}`);
  await pass(1);
  expect(heard.faults).toEqual([expect.stringContaining('5000 bytes')]);
  await end(heard);
});
