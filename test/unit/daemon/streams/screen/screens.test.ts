import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Screen, Screens, ScreenSource, ScreenReply } from '../../../../../daemon/streams/contract.js';
import { createScreens } from '../../../../../daemon/streams/screen/screens.js';
import { setUnexpectedErrorHandler } from '../../../../../daemon/lifecycle.js';

const program = new URL('../../../../../dist/daemon/streams/screen/worker.js', import.meta.url);
const size = { cols: 80, rows: 24 };
const start = { size, offset: 0 };

/** Output that is kept from `start` on. */
class Output implements ScreenSource {
  start = 0;
  reads: { readonly offset: number; readonly max: number }[] = [];
  #bytes = Buffer.alloc(0);

  get end(): number {
    return this.#bytes.length;
  }

  read(offset: number, max: number): Buffer | undefined {
    this.reads.push({ offset, max });
    return offset < this.start ? undefined : this.#bytes.subarray(offset, offset + max);
  }

  add(data: string): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(data)]);
  }
}

let screens: Screens;
let output: Output;
let screen: Screen;
let unexpected: unknown[];

beforeEach(() => {
  unexpected = [];
  setUnexpectedErrorHandler((error) => unexpected.push(error));
  screens = createScreens({ program });
  output = new Output();
  screen = screens.open(output, start);
});

afterEach(() => {
  screens.dispose();
  expect(unexpected).toEqual([]);
});

const put = (data: string): void => {
  output.add(data);
  screen.advance();
};

const shown = async (of = screen): Promise<string> => (await of.text({ scrollback: 0, ansi: false })).text;

describe('a screen in the thread', () => {
  it('shows what was put out before it was asked', async () => {
    put('one\r\n');
    const first = shown();
    put('two\r\n');
    expect(await first).toBe('one');
    expect(await shown()).toBe('one\ntwo');
    expect((await screen.snapshot({ scrollback: 0 })).offset).toBe(output.end);
  });

  it('is followed without being asked', async () => {
    const reply = new Promise<ScreenReply>((resolve) => screen.onReply(resolve));
    put('\u001b[c');
    expect(await reply).toEqual({ offset: 0, data: '\u001b[?1;2c' });
  });

  it('is drawn at once where nothing was put out yet', async () => {
    screen.resize({ cols: 100, rows: 30 });
    expect(await screen.snapshot({ scrollback: 0 })).toEqual({ cols: 100, rows: 30, offset: 0, data: '' });
    expect(output.reads).toEqual([]);
  });

  const atTheEdge = '\u001b[999Cx\r\n';

  it('takes a new size exactly where it was given', async () => {
    put(atTheEdge);
    screen.resize({ cols: 90, rows: 20 });
    put(atTheEdge);
    screen.resize({ cols: 100, rows: 10 });
    expect(await screen.text({ scrollback: 0, ansi: false })).toMatchObject({
      cols: 100,
      rows: 10,
      text: `${' '.repeat(79)}x\n${' '.repeat(89)}x`,
    });
  });

  it('takes sizes that are read from a spool where they held', async () => {
    const past = new Output();
    past.add(atTheEdge.repeat(3));
    const late = screens.open(past, { size: { cols: 10, rows: 5 }, offset: 0 });
    late.resize({ cols: 20, rows: 5 }, atTheEdge.length);
    late.resize({ cols: 30, rows: 5 }, atTheEdge.length * 2);
    expect(await shown(late)).toBe(`${' '.repeat(9)}x\n${' '.repeat(19)}x\n${' '.repeat(29)}x`);
  });

  it('answers the program only where it is wanted, to the byte', async () => {
    const replies: ScreenReply[] = [];
    screen.onReply((reply) => replies.push(reply));
    put('\u001b[5n');
    screen.answers(false);
    put('\u001b[6n\u001b[c');
    screen.answers(true);
    put('x\u001b[6n');
    await shown();
    expect(replies).toEqual([
      { offset: 0, data: '\u001b[0n' },
      { offset: 11, data: '\u001b[1;2R' },
    ]);
  });

  it('answers nothing that was asked of somebody before', async () => {
    const past = new Output();
    past.add('\u001b[c\u001b[6n');
    const late = screens.open(past, { ...start, answered: past.end });
    const replies: string[] = [];
    late.onReply(({ data }) => replies.push(data));
    past.add('x\u001b[5n');
    late.advance();
    expect(await shown(late)).toBe('x');
    expect(replies).toEqual(['\u001b[0n']);
  });

  it('remembers a place, and tells prompts', async () => {
    put('$ ls\r\n');
    await screen.mark();
    put('a\r\nb\r\n$ ');
    expect(await screen.gained()).toEqual({ text: 'a\nb\n$', complete: true });
    expect(await screen.atPrompt('^\\$$')).toBe(true);
    expect(await screen.atPrompt('^#')).toBe(false);
  });

  it('is marked where an earlier one was, in the sizes that it had, though it answers nothing of the past', async () => {
    const past = new Output();
    past.add(`${atTheEdge}$ ls\r\n`);
    const mark = past.end;
    past.add(`a\r\n${atTheEdge}$ `);
    const late = screens.open(past, { size: { cols: 20, rows: 5 }, offset: 0, answered: past.end, mark });
    late.resize({ cols: 30, rows: 5 }, mark + 3);
    late.resize({ cols: 40, rows: 5 }, past.end);
    expect(await late.gained()).toEqual({ text: `a\n${' '.repeat(29)}x\n$`, complete: true });
  });

  it('says that what it gained lacks its beginning where the mark is no longer kept', async () => {
    const past = new Output();
    past.add('$ seq\r\n1\r\n2\r\n3\r\n');
    past.start = 8;
    const late = screens.open(past, { ...start, offset: 2, answered: past.end, mark: 2 });
    expect(await late.gained()).toEqual({ text: '2\n3', complete: false });
  });

  it('stands beside others', async () => {
    const other = new Output();
    const second = screens.open(other, start);
    put('first');
    other.add('second');
    expect(await Promise.all([shown(), shown(second)])).toEqual(['first', 'second']);
    screen.dispose();
    expect(await shown(second)).toBe('second');
    await expect(shown()).rejects.toThrow('closed');
  });

  it('lets go of those who wait when it is closed', async () => {
    put('x');
    const waiting = shown();
    screen.dispose();
    await expect(waiting).rejects.toThrow('closed');
    const open = screens.open(output, start);
    const more = shown(open);
    screens.dispose();
    await expect(more).rejects.toThrow('closed');
  });
});

describe('output beyond what can be followed', () => {
  const lines = (count: number): string => 'x'.repeat(62).concat('\r\n').repeat(count);

  it('is left out, and the screen starts anew near the end', async () => {
    put('\u001b[?25lold\r\n');
    expect(await shown()).toBe('old');
    output.add(`\u001b[31m${lines(200_000)}`);
    output.add('end');
    screen.advance();
    const text = await screen.text({ scrollback: 10_000, ansi: true });
    expect(text).toMatchObject({ offset: output.end, line: 'end', cursor: { visible: true } });
    expect(text.ansi).not.toContain('\u001b[0;31m');
    expect(text.ansi).not.toContain('old');
    // It starts with a whole line.
    expect(text.text.split('\n')[0]).toMatch(/^x{62}$/);
    const read = output.reads.map(({ offset }) => offset);
    expect(read.filter((offset) => offset > 100_000 && offset < output.end - 1_100_000)).toEqual([]);
  });

  it('is read whole where it was there before the screen, as after a restart', async () => {
    const past = new Output();
    past.add('\u001b[?2004h\u001b]0;title\u0007');
    past.add(lines(200_000));
    const late = screens.open(past, start);
    expect(await late.text({ scrollback: 0, ansi: false })).toMatchObject({
      title: 'title',
      offset: past.end,
    });
    expect((await late.snapshot({ scrollback: 0 })).data).toContain('\u001b[?2004h');
  });

  it('is left out when it is no longer kept', async () => {
    put('old\r\n');
    expect(await shown()).toBe('old');
    output.add(lines(10_000));
    output.start = 500_000;
    put('end');
    expect(await screen.text({ scrollback: 10_000, ansi: false })).toMatchObject({
      line: 'end',
      offset: output.end,
    });
    expect((await screen.text({ scrollback: 10_000, ansi: false })).text).not.toContain('old');
  });

  it('is read piece by piece, never more at once than the thread takes', async () => {
    put(lines(100_000));
    await shown();
    expect(Math.max(...output.reads.map(({ max }) => max))).toBeLessThanOrEqual(64 * 1024);
    expect(output.reads.length).toBeGreaterThan(90);
  });

  it('may fail to be read, which is reported', async () => {
    put('good\r\n');
    await shown();
    const read = vi.spyOn(output, 'read').mockImplementationOnce(() => {
      throw new Error('no disk');
    });
    put('lost and found');
    expect(await screen.snapshot({ scrollback: 0 })).toMatchObject({ offset: output.end });
    expect(read).toHaveBeenCalled();
    expect(unexpected.splice(0)).toMatchObject([{ message: 'no disk' }]);
  });
});

describe('the thread', () => {
  const mortal = new URL('../../../../support/mortalScreens.mjs', import.meta.url);

  beforeEach(() => {
    screens.dispose();
    screens = createScreens({ program: mortal, lingerMs: 0 });
    screen = screens.open(output, start);
  });

  it('dies and comes back: who waits is told, and the screen is built anew from its output', async () => {
    const replies: ScreenReply[] = [];
    screen.onReply((reply) => replies.push(reply));
    put('\u001b]0;title\u0007kept\u001b[5n\r\n');
    await shown();
    screen.resize({ cols: 100, rows: 10 });
    await Promise.all([
      expect(screen.atPrompt('die')).rejects.toThrow('died'),
      expect(shown()).rejects.toThrow('died'),
    ]);
    expect(unexpected.splice(0)).toHaveLength(1);
    put('more\u001b[6n');
    expect(await screen.text({ scrollback: 0, ansi: false })).toMatchObject({
      text: 'kept\nmore',
      title: 'title',
      cols: 100,
      rows: 10,
      offset: output.end,
    });
    // What was answered before is not answered again.
    expect(replies.map(({ data }) => data)).toEqual(['\u001b[0n', '\u001b[2;5R']);
  });

  it('that dies again and again is not given the same output for ever', async () => {
    put('poison\r\n');
    await expect(screen.atPrompt('die')).rejects.toThrow('died');
    expect(await shown()).toBe('poison');
    await expect(screen.atPrompt('die')).rejects.toThrow('died');
    put('after');
    expect(await shown()).toBe('after');
    expect(unexpected.splice(0)).toHaveLength(2);
  });

  it('that cannot live is not started for ever', async () => {
    const none = createScreens({ program: new URL('file:///nonexistent/worker.js') });
    const dead = none.open(output, start);
    put('x');
    await expect(shown(dead)).rejects.toThrow('died');
    await vi.waitFor(() => expect(unexpected).toHaveLength(4));
    await expect(shown(dead)).rejects.toThrow('died');
    none.dispose();
    expect(unexpected.splice(0)).toHaveLength(4);
  });

  it('ends after the last screen, and starts with the next', async () => {
    put('x');
    await shown();
    const ended = vi.fn<() => void>();
    const { Worker } = await import('node:worker_threads');
    const terminate = vi.spyOn(Worker.prototype, 'terminate').mockImplementation(function (this: unknown) {
      ended();
      terminate.mockRestore();
      return (this as InstanceType<typeof Worker>).terminate();
    });
    screen.dispose();
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(1));
    screen = screens.open(output, start);
    expect(await shown()).toBe('x');
  });
});
