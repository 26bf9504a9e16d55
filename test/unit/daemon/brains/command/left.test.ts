import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Front } from '../../../../../daemon/brains/command/front.js';
import { defaultTiming } from '../../../../../daemon/brains/command/timing.js';
import type { CommandPoint } from '../../../../../daemon/brains/command/turn.js';
import type { TurnPoint } from '../../../../../daemon/brains/contract.js';
import type { BrainListener } from '../../../../support/brainListener.js';
import { actShell, openCommandBrain } from '../../../../support/commandBrain.js';
import { FakeTerminal } from '../../../../support/fakeTerminal.js';

let terminal: FakeTerminal;

beforeEach(() => {
  vi.useFakeTimers();
  terminal = new FakeTerminal();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const frontOf = async (): Promise<Front> => ({ own: true, keys: true });
const end = async (heard: BrainListener): Promise<void> => {
  const ended = heard.brain.kill();
  await pass(1);
  await ended;
};

describe('a turn that an earlier daemon has left', () => {
  /** What was noted of it, the newest last. */
  let points: TurnPoint[];
  const noted = (): CommandPoint => points.at(-1)?.point as CommandPoint;

  beforeEach(() => {
    points = [];
  });

  /** A turn of an earlier daemon, for so long. */
  async function left(ms: number, hears = true): Promise<void> {
    const before = openCommandBrain({ terminal, frontOf, settings: { prompt: '^[$]$' } });
    actShell(
      () => terminal,
      (line) => `${line.replace('echo ', '')}\n`,
    );
    await pass(200);
    const { program } = terminal;
    if (!hears) terminal.program = () => undefined;
    before.brain.send('echo hello', (point) => point && points.push(point));
    await pass(ms);
    terminal.program = program;
  }

  /** The next daemon, whose holder has received so many bytes of the earlier one. */
  function next(received: number, { prompt = '^[$]$', stuck = false } = {}): BrainListener {
    const { printed, program } = terminal;
    terminal.leave();
    terminal = new FakeTerminal();
    terminal.program = program;
    terminal.stuck = stuck;
    terminal.found = { end: printed.length, input: { received }, held: true };
    const { from, point } = points.at(-1) as TurnPoint;
    terminal.put(printed.slice(0, from));
    void terminal.screen.mark();
    terminal.put(printed.slice(from));
    const note = (to: TurnPoint | undefined): void => void (to && points.push(to));
    const stored = JSON.parse(JSON.stringify(point)) as unknown;
    return openCommandBrain({
      terminal,
      frontOf,
      settings: prompt === '' ? {} : { prompt },
      ridden: { say: 'echo hello', from, point: stored, note },
    });
  }

  const paste = '\x1b[200~echo hello\x1b[201~';
  const text = paste.length;

  it('has its text typed where that did not reach the holder', async () => {
    await left(1, false);
    expect(noted()).toMatchObject({ typed: { text: { input: 0, bytes: text } } });
    const heard = next(0);
    await pass(1);
    expect(terminal.typed).toEqual([paste]);
    await pass(100);
    expect(terminal.typed).toEqual([paste, '\r']);
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
    await pass(defaultTiming.silentEchoMs);
    await end(heard);
  });

  it('has Enter pressed where that did not reach it, and nothing typed twice', async () => {
    await left(1);
    expect(noted().typed.enter).toBeUndefined();
    const heard = next(text);
    await pass(defaultTiming.silentEchoMs + 50);
    expect(terminal.typed).toEqual(['\r']);
    expect(noted().typed).toMatchObject({
      text: { input: 0, bytes: text },
      enter: { input: text, bytes: 1 },
    });
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
    await end(heard);
  });

  it('has Enter pressed also where that was noted, and did not reach it', async () => {
    await left(1);
    const { program } = terminal;
    terminal.program = () => undefined;
    await pass(100);
    terminal.program = program;
    expect(noted().typed.enter).toMatchObject({ input: text });
    const heard = next(text);
    await pass(defaultTiming.silentEchoMs + 50);
    expect(terminal.typed).toEqual(['\r']);
    await pass(100);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });

  it.each(['^[$]$', ''])('ends where its end was shown meanwhile, by the prompt "%s"', async (prompt) => {
    await left(30);
    expect(noted().typed.enter).toMatchObject({ input: text });
    const heard = next(text + 1, { prompt });
    const places: unknown[] = [];
    heard.brain.output(({ type }) => places.push([type, heard.brain.place]));
    await pass(defaultTiming.quietMs + 100);
    // Whoever has told of that place tells nothing of it again.
    expect(places).toEqual([
      ['message.completed', { at: 0, nth: 1 }],
      ['turn.finished', undefined],
    ]);
    expect(terminal.typed).toEqual([]);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
    await end(heard);
  });

  it('is not over at the prompt that stood there before', async () => {
    // It echoes nothing.
    await left(defaultTiming.silentEchoMs + 50, false);
    expect(noted().typed.enter).toMatchObject({ input: text });
    const heard = next(text + 1);
    await pass(10_000);
    expect(heard.all('turn.finished')).toEqual([]);
    terminal.print('\nmore\n$ ');
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { text: 'more' } }]);
    await end(heard);
  });

  it('has Ctrl-C pressed once, by the one or by the other', async () => {
    await left(defaultTiming.silentEchoMs + 50, false);
    const entered = points.at(-1) as TurnPoint;
    const { before, typed } = noted();
    const interrupt = { input: text + 1, bytes: 1 };
    for (const received of [text + 1, text + 2]) {
      points.push({ ...entered, point: { before, typed: { ...typed, interrupt } } });
      const heard = next(received);
      // As it is asked again for what the earlier daemon was asked for.
      heard.brain.interrupt();
      await pass(defaultTiming.interruptMs + 1_000);
      expect(terminal.typed).toEqual(received === text + 1 ? ['\x03'] : []);
      expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    }
    terminal.end({ code: 0, signal: null });
    await pass(1);
  });

  it('is done where it was to end, and had ended by itself meanwhile', async () => {
    await left(30);
    const heard = next(text + 1);
    heard.brain.interrupt();
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'done', text: 'hello' } }]);
    // The next turn is another one.
    heard.brain.send('echo more');
    await pass(200);
    expect(terminal.typed).toEqual(['\x1b[200~echo more\x1b[201~', '\r']);
    expect(heard.all('turn.finished')).toHaveLength(2);
    await end(heard);
  });

  it.each([
    ['says nothing', ''],
    ['goes on', 'more\n'],
  ])('has Ctrl-C pressed where it was to end, and its program %s', async (_, more) => {
    await left(1);
    const { program } = terminal;
    terminal.program = () => terminal.print('\nbegun\n');
    await pass(100);
    terminal.program = program;
    const heard = next(text + 1);
    heard.brain.interrupt();
    await pass(1);
    expect(terminal.typed).toEqual([]);
    terminal.print(more);
    await pass(more === '' ? 100 : 1);
    expect(terminal.typed).toEqual(['\x03']);
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([{ outcome: { status: 'interrupted' } }]);
    await end(heard);
  });

  it('is given up where nobody knows whether it was typed', async () => {
    await left(1);
    const heard = next(text - 1);
    await pass(1);
    expect(terminal.typed).toEqual([]);
    expect(heard.all('turn.finished')).toMatchObject([
      { outcome: { status: 'failed', error: { kind: 'taskInterrupted' } } },
    ]);
    await pass(defaultTiming.echoMs);
    await end(heard);
  });

  it('ends with its program, which has ended', async () => {
    await left(30);
    const heard = next(text + 1);
    terminal.end({ code: 3, signal: null });
    await pass(100);
    expect(heard.all('turn.finished')).toMatchObject([
      { outcome: { status: 'failed', error: { kind: 'brainDied' }, text: 'hello' } },
    ]);
    expect(await heard.brain.await()).toEqual({ code: 3, signal: null });
  });

  it('waits for its screen no longer than that may take', async () => {
    await left(30);
    const heard = next(text + 1, { stuck: true });
    await pass(defaultTiming.drawMs - 1);
    terminal.stuck = false;
    expect(heard.heard).toEqual([]);
    await pass(200);
    expect(heard.all('turn.finished')).toHaveLength(1);
    await end(heard);
  });
});
