import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TalkBrain } from '../../../../../../daemon/brains/streamJson/talk/brain.js';
import { createTerminals } from '../../../../../../daemon/streams/terminals.js';
import { BrainListener } from '../../../../../support/brainListener.js';
import { FakeHeldTerminal, FakeTerminalHolder } from '../../../../../support/heldTerminal.js';
import { FakeScreens } from '../../../../../support/screens.js';

let folder: string;
let file: string;
let held: FakeHeldTerminal;
let screens: FakeScreens;
let last = 0;
/** The conversation that the program says it is on, and whether it has begun. */
let current: string | undefined;
let begun = false;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  file = join(folder, 'a.jsonl');
  held = new FakeHeldTerminal();
  screens = new FakeScreens();
  current = undefined;
  begun = false;
});
afterEach(async () => {
  vi.useRealTimers();
  held.exit();
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(folder, { recursive: true, force: true });
});

type Parts = ConstructorParameters<typeof TalkBrain>[0];

function open(parts: Partial<Parts> = {}): BrainListener {
  const terminals = createTerminals({ holder: new FakeTerminalHolder(), screens });
  const brain = new TalkBrain({
    terminal: terminals.adopt(held),
    conversation: { conversation: 'a', cwd: '/zone', env: {} },
    kind: {
      args: [],
      env: {},
      interrupt: '\x1b',
      exists: () => begun,
      transcript: ({ conversation }) => join(folder, `${conversation}.jsonl`),
      current: () => current,
    },
    ...(parts.told === undefined && { from: 0 }),
    graceMs: 10,
    ...parts,
  });
  return new BrainListener(brain);
}

const line = (more: object): string => {
  last += 1;
  const timestamp = new Date(Date.UTC(2026, 10, 21) + last * 1000).toISOString();
  return `${JSON.stringify({ parentUuid: 'p', uuid: `u${last}`, timestamp, ...more })}\n`;
};
const typed = (content: string, more: object = {}): string =>
  line({ type: 'user', message: { content }, ...more });
const said = (text: string): string =>
  line({
    type: 'assistant',
    message: { id: `m-${text}`, content: [{ type: 'text', text }], stop_reason: 'end_turn' },
  });
const tool = (id: string): string =>
  line({
    type: 'assistant',
    message: { id: `m-${id}`, content: [{ type: 'tool_use', id, name: 'Bash' }], stop_reason: 'tool_use' },
  });
const result = (id: string): string =>
  line({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'out' }] } });
const write = (...lines: string[]): void => appendFileSync(file, lines.join(''));
const title = (text: string): void => held.put(`\x1b]0;${text}\x07`);

/** What was heard, in short. */
const words = ({ heard }: BrainListener): string[] =>
  heard.map((output) => {
    switch (output.type) {
      case 'message.typed':
      case 'message.completed':
        return output.text;
      case 'tool.started':
      case 'tool.finished':
        return `${output.type} ${output.tool}`;
      case 'talk.turn':
        return `turn ${output.on}`;
      default:
        return output.type;
    }
  });

describe('a brain in its own terminal', () => {
  it('tells what is said there, and when a turn is on', async () => {
    const listener = open();
    title('✳ Claude Code');
    title('⠂ Claude Code');
    write(typed('hello', { parentUuid: null }), said('Hello.'));
    await listener.next('message.completed');
    title('✳ Claude Code');
    await listener.next('talk.turn');
    expect(words(listener)).toEqual(['turn true', 'hello', 'Hello.', 'turn false']);
  });

  it('tells nothing of what was there before', async () => {
    write(typed('old'), said('Old.'));
    const listener = open({ from: 10_000 });
    write(typed('x'));
    rmSync(file);
    write(typed('before'), said('Before.'));
    held.exit();
    await listener.brain.await();
    expect(words(listener)).toEqual([]);
  });

  it('puts the first words of a conversation before their answer', async () => {
    const listener = open();
    const [question, answer] = [typed('hello', { parentUuid: null }), said('Hello.')];
    write(answer, question);
    await listener.next('message.completed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual(['hello', 'Hello.']);
  });

  it('does not wait for first words that never come', async () => {
    const listener = open();
    write(said('Hello.'));
    expect(await listener.next('message.completed')).toMatchObject({ text: 'Hello.' });
  });

  it('is interrupted as a human does it', () => {
    open().brain.interrupt();
    expect(held.typing).toBe('\x1b');
  });

  it('has no turns but those that are begun by hand', () => {
    expect(() => open().brain.send('x')).toThrow(/by hand/);
  });

  it('has told everything by its end', async () => {
    const listener = open();
    write(typed('run', { parentUuid: null }), tool('t1'));
    await listener.next('tool.started');
    title('⠂ x');
    write(result('t1'), tool('t2'));
    expect(listener.brain.isAlive()).toBe(true);
    expect(await listener.brain.kill()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(listener.brain.isAlive()).toBe(false);
    expect(words(listener)).toEqual([
      'run',
      'turn true',
      'tool.started t1',
      'tool.finished t1',
      'tool.started t2',
      'tool.finished t2',
      'turn false',
    ]);
    expect(listener.all('tool.finished').map(({ failed }) => failed)).toEqual([false, true]);
  });

  it('lets its terminal go when it has ended', async () => {
    const { brain } = open();
    held.exit({ code: 0, signal: null });
    expect(await brain.await()).toEqual({ code: 0, signal: null });
    await vi.waitFor(() => expect(held.disposed).toBe(true));
  });
});

describe('a human who goes to another conversation', () => {
  const other = (...lines: string[]): void => appendFileSync(join(folder, 'b.jsonl'), lines.join(''));
  /** A line of this moment. */
  const now = (text: string): string => typed(text, { timestamp: new Date().toISOString() });

  it('is followed there, and heard from then on', async () => {
    const listener = open();
    write(typed('one', { parentUuid: null }), tool('t'));
    await listener.next('tool.started');
    other(typed('long ago', { timestamp: '2020-01-01T00:00:00.000Z' }));
    begun = true;
    current = 'b';
    title('✳ x');
    expect(await listener.next('talk.moved')).toEqual({ type: 'talk.moved', conversation: 'b', begun: true });
    other(now('two'));
    expect(await listener.next('message.typed')).toMatchObject({ text: 'two' });
    write(typed('nobody hears this'));
    other(now('three'));
    await listener.next('message.typed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual([
      'one',
      'tool.started t',
      'tool.finished t',
      'talk.moved',
      'two',
      'three',
    ]);
  });

  it('is followed though nothing else shows it', async () => {
    const listener = open();
    current = 'b';
    expect(await listener.next('talk.moved')).toMatchObject({ conversation: 'b', begun: false });
  });
});

describe('a brain in a terminal that an earlier daemon opened', () => {
  /** Told already: the words that are in a list. */
  const told =
    (...known: string[]): NonNullable<Parts['told']> =>
    (output) =>
      known.includes('text' in output ? output.text : `${output.type} ${output.tool}`);

  it('tells what that one did not, once and in order, and goes on', async () => {
    write(typed('a'), said('A'), typed('b'), tool('t'), result('t'), said('B'));
    const listener = open({ told: told('a', 'A', 'b', 'tool.started t') });
    await listener.next('message.completed');
    write(typed('c'), said('C'));
    await listener.next('message.completed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual([
      'tool.finished t',
      'B',
      'c',
      'C',
    ]);
  });

  it('tells nothing of what came before the last thing that was told', async () => {
    write(typed('long gone from the history'), said('A'), typed('b'));
    const listener = open({ told: told('A') });
    await listener.next('message.typed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual(['b']);
  });

  it('tells nothing of what was said before the terminal was opened', async () => {
    write(typed('dispatched'), said('Dispatched.'));
    held.sizeMarks[0] = {
      type: 'resize',
      at: Date.UTC(2026, 10, 21) + (last + 1) * 1000,
      offset: 0,
      size: held.size,
    };
    write(typed('typed'), said('Typed.'));
    const listener = open({ told: told() });
    await listener.next('message.completed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual(['typed', 'Typed.']);
  });

  it('begins in the middle of a line where the transcript is long', async () => {
    write(typed('a'), said('A'));
    const listener = open({ told: told(), from: 5 });
    await listener.next('message.completed');
    expect(words(listener).filter((word) => !word.startsWith('turn'))).toEqual(['A']);
  });

  it('has told that a turn is on when it is taken up', async () => {
    write(typed('a'), tool('t'));
    const listener = open({ told: told('a', 'tool.started t') });
    await listener.brain.takenUp;
    expect(words(listener)).toEqual(['turn true']);
    write(result('t'), said('A'));
    await listener.next('message.completed');
    expect((await listener.next('talk.turn')).on).toBe(false);
  });

  it('has told it by the last title that was put out, and asks no screen for that', async () => {
    title('✳ Claude Code');
    title('⠂ Claude Code');
    held.put('\x1b[2Jmore');
    const make = screens.open.bind(screens);
    screens.open = (...args) => Object.assign(make(...args), { text: () => new Promise(() => undefined) });
    const listener = open({ told: told() });
    await listener.brain.takenUp;
    expect(words(listener)).toEqual(['turn true']);
  });

  it('knows it by the title that its screen has, where that was put out long ago', async () => {
    const make = screens.open.bind(screens);
    screens.open = (...args) => {
      const screen = make(...args);
      const text = screen.text.bind(screen);
      screen.text = async () => ({ ...(await text()), title: '⠂ Claude Code' });
      return screen;
    };
    const listener = open({ told: told() });
    expect((await listener.next('talk.turn')).on).toBe(true);
  });
});
