import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stream, StreamOutcome, StreamPiece, StreamSize } from '../../../../client/index.js';
import { enterScreen, leaveScreen } from '../../../../cli/terminal/modes.js';
import { parsePrefix } from '../../../../cli/terminal/prefix.js';
import { Talker, type TalkEnd } from '../../../../cli/terminal/talker.js';

/** A stream that a test feeds, and that notes what is asked of it. */
class FedStream implements Stream<Buffer> {
  readonly clone = 'mechanic.1';
  readonly run = 'b_1';
  readonly cols = 80;
  readonly rows = 24;
  readonly offset = 0;
  readonly ended: Promise<StreamOutcome>;
  readonly asked: string[] = [];
  /** What the next resize waits for. */
  resizeGate: Promise<void> = Promise.resolve();
  /** What the answer to a write waits for. */
  writeGate: Promise<void> = Promise.resolve();
  #end: (outcome: StreamOutcome) => void = () => {};
  #pieces: StreamPiece<Buffer>[] = [];
  #wake: () => void = () => {};
  #over = false;
  #failure: Error | undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  feed(...pieces: StreamPiece<Buffer>[]): void {
    this.#pieces.push(...pieces);
    this.#wake();
  }

  data(text: string): void {
    this.feed({ type: 'data', offset: 0, end: 0, data: Buffer.from(text) });
  }

  snapshot(data: string): void {
    this.feed({ type: 'snapshot', reason: 'asked', snapshot: { cols: 80, rows: 24, offset: 0, data } });
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  finish(outcome: StreamOutcome): void {
    this.#over = true;
    this.#end(outcome);
    this.#wake();
  }

  async next(): Promise<IteratorResult<StreamPiece<Buffer>, undefined>> {
    for (;;) {
      const value = this.#pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#over) return { done: true, value };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async write(data: string | Uint8Array): Promise<void> {
    this.asked.push(`write ${JSON.stringify(Buffer.from(data as Buffer).toString())}`);
    await this.writeGate;
  }

  async resize({ cols, rows }: StreamSize): Promise<void> {
    this.asked.push(`resize ${cols}x${rows}`);
    await this.resizeGate;
  }

  async resync(): Promise<void> {
    this.asked.push('resync');
  }

  async detach(): Promise<void> {
    this.asked.push('detach');
    this.finish({ reason: 'detached' });
  }

  async return(): Promise<IteratorResult<StreamPiece<Buffer>, undefined>> {
    await this.detach();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
  }
}

/** A user's terminal: what is typed goes in, what is drawn can be read. */
function userTerminal() {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  let bytes = Buffer.alloc(0);
  const drawn = (): string => bytes.toString();
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  const waiting = new Set<() => void>();
  stdout.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (const look of waiting) look();
  });
  return {
    ends: { stdin: stdin as unknown as NodeJS.ReadStream, stdout: stdout as unknown as NodeJS.WriteStream },
    stdin,
    stdout,
    raw,
    drawn,
    /** Resolves once this was drawn. */
    async draws(text: string): Promise<void> {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (!drawn().includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

let stream: FedStream;
let user: ReturnType<typeof userTerminal>;
let stop: AbortController;
let talk: Promise<TalkEnd>;

function begin({ exitLine = false } = {}): void {
  stream = new FedStream();
  user = userTerminal();
  stop = new AbortController();
  const { ends } = user;
  const prefix = parsePrefix('C-b');
  talk = new Talker({ stream, ends, prefix, exitLine, signal: stop.signal }).run();
}

let exits: number;
beforeEach(() => (exits = process.listenerCount('exit')));
afterEach(() => expect(process.listenerCount('exit')).toBe(exits));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the user’s terminal', () => {
  it.each<[string, () => void, TalkEnd]>([
    ['the user detaches', () => user.stdin.write('\x02d'), 'detached'],
    ['the user suspends', () => user.stdin.write('\x02\x1a'), 'suspended'],
    ['the program ends', () => stream.finish({ reason: 'exited', exit: { code: 0 } }), 'over'],
    ['a signal comes', () => stop.abort(), 'detached'],
    ['the terminal closes', () => user.stdin.end(), 'detached'],
  ])('is as before when %s', async (_, leave, end) => {
    begin();
    stream.snapshot('\x1b[?1049hscreen');
    await user.draws('screen');
    expect(user.drawn().startsWith(enterScreen)).toBe(true);
    leave();
    expect(await talk).toBe(end);
    expect(user.drawn().endsWith(leaveScreen)).toBe(true);
    expect(user.drawn().split(leaveScreen)).toHaveLength(2);
    expect(user.raw).toEqual([true, false]);
  });

  it('is as before at the latest when the process exits', async () => {
    begin();
    stream.snapshot('screen');
    await user.draws('screen');
    const leave = process.listeners('exit').at(-1) as (code: number) => void;
    leave(1);
    expect(user.drawn().endsWith(leaveScreen)).toBe(true);
    expect(user.raw).toEqual([true, false]);
    await stream.detach();
    await talk;
    expect(user.drawn().split(leaveScreen)).toHaveLength(2);
  });

  it('is raw and drawn anew again when the process was stopped and goes on', async () => {
    begin();
    stream.snapshot('screen');
    await user.draws('screen');
    const heard = process.listeners('SIGCONT').at(-1) as (signal: string) => void;
    heard('SIGCONT');
    await turn();
    expect(user.raw).toEqual([true, false, true]);
    expect(stream.asked).toEqual(['resize 80x24', 'resync']);
    await stream.detach();
    await talk;
  });

  it('is as before when the stream fails, and the failure is told', async () => {
    begin();
    const failing = new Error('gone for good');
    stream.snapshot('screen');
    stream.fail(failing);
    await expect(talk).rejects.toBe(failing);
    expect(user.drawn().endsWith(leaveScreen)).toBe(true);
    expect(user.raw).toEqual([true, false]);
  });

  it('is left before the daemon is heard, and nobody waits long for it', async () => {
    begin();
    stream.detach = () => {
      stream.finish({ reason: 'detached' });
      return new Promise(() => {});
    };
    user.stdin.write('\x02d');
    expect(await talk).toBe('detached');
    expect(user.drawn().endsWith(leaveScreen)).toBe(true);
  });

  it('gets nothing drawn after it was left', async () => {
    begin();
    stream.snapshot('screen');
    await user.draws('screen');
    stream.data('late');
    user.stdin.write('\x02d');
    await talk;
    stream.data('later');
    expect(user.drawn().endsWith(leaveScreen)).toBe(true);
  });
});

describe('what the program prints', () => {
  it('is drawn as it is, byte for byte', async () => {
    begin();
    stream.data('\x1b[31mred\x1b[0m ');
    stream.feed({ type: 'data', offset: 0, end: 0, data: Buffer.from([0xe2, 0x82]) });
    stream.feed({ type: 'data', offset: 0, end: 0, data: Buffer.from([0xac]) });
    await user.draws('€');
    await stream.detach();
    await talk;
    expect(user.drawn()).toBe(`${enterScreen}\x1b[31mred\x1b[0m €${leaveScreen}`);
  });

  it('never leaves our screen, which is drawn anew when the program goes to another, once at a time', async () => {
    begin();
    stream.data('$ vim\x1b[?1049h~');
    await user.draws('~');
    expect(stream.asked).toEqual(['resync']);
    stream.data('\x1b[?1049l$ ');
    await user.draws('~\x1b[?2026h$ ');
    // One is on its way, and will be of the screen after both.
    expect(stream.asked).toEqual(['resync']);
    stream.snapshot('$ ');
    stream.data('\x1b[?1049h');
    await turn();
    await turn();
    expect(stream.asked).toEqual(['resync', 'resync']);
    await stream.detach();
    await talk;
    expect(user.drawn().slice(enterScreen.length, -leaveScreen.length)).not.toContain('1049');
  });
});

describe('what the user types', () => {
  it('goes to the program, and the prefix twice is the prefix', async () => {
    begin();
    user.stdin.write('ls\r');
    user.stdin.write('\x02\x02');
    await turn();
    expect(stream.asked).toEqual(['write "ls\\r"', 'write "\\u0002"']);
    await stream.detach();
    await talk;
  });

  it('asks for help, which the next key takes away', async () => {
    begin();
    user.stdin.write('\x02?');
    await user.draws('C-b d detaches');
    expect(stream.asked).toEqual([]);
    user.stdin.write('x');
    await turn();
    expect(stream.asked).toEqual(['resync', 'write "x"']);
    await stream.detach();
    await talk;
  });

  it('leaves with /exit where the program has no such word, and is not on its alternate screen', async () => {
    begin({ exitLine: true });
    stream.snapshot('\x1b[?1049hvim');
    await user.draws('vim');
    user.stdin.write('/exit\r');
    await turn();
    expect(stream.asked).toEqual(['write "/exit\\r"']);
    stream.data('\x1b[?1049l$ ');
    await user.draws('$ ');
    user.stdin.write('\r/exit');
    user.stdin.write('\r');
    expect(await talk).toBe('detached');
    expect(stream.asked.slice(1).join(' ')).toMatch(/write "\\r\/exit" write ".{5}" detach$/);
  });

  it.each(['/exit\r', '\x02d'])(
    'is taken by the daemon before it hears of the parting: %j',
    async (leave) => {
      begin({ exitLine: true });
      let answer = (): void => {};
      stream.writeGate = new Promise((resolve) => (answer = resolve));
      user.stdin.write('ls\r');
      user.stdin.write(leave);
      await turn();
      await turn();
      expect(user.drawn().endsWith(leaveScreen)).toBe(true);
      expect(stream.asked[0]).toBe('write "ls\\r"');
      expect(stream.asked).not.toContain('detach');
      answer();
      expect(await talk).toBe('detached');
      expect(stream.asked.at(-1)).toBe('detach');
    },
  );

  it('does not keep the user here when the program takes nothing', async () => {
    begin();
    stream.writeGate = new Promise(() => {});
    user.stdin.write('ls\r');
    user.stdin.write('\x02d');
    expect(await talk).toBe('detached');
    expect(stream.asked.at(-1)).toBe('detach');
  });

  it('is no way out where the program has /exit itself', async () => {
    begin();
    user.stdin.write('/exit\r');
    await turn();
    expect(stream.asked).toEqual(['write "/exit\\r"']);
    await stream.detach();
    await talk;
  });
});

describe('the window', () => {
  it('gives the terminal its size: one is on its way, and the last one counts', async () => {
    begin();
    await turn();
    let open = (): void => {};
    stream.resizeGate = new Promise((resolve) => (open = resolve));
    for (const columns of [90, 95, 100]) {
      Object.assign(user.stdout, { columns, rows: 30 });
      user.stdout.emit('resize');
    }
    expect(stream.asked).toEqual(['resize 90x30']);
    open();
    await turn();
    expect(stream.asked).toEqual(['resize 90x30', 'resize 100x30', 'resync']);
    await stream.detach();
    await talk;
  });

  it('is told that the connection was lost, until the screen is drawn anew', async () => {
    begin();
    stream.feed({ type: 'disconnected' });
    await user.draws('the connection to the daemon is lost');
    stream.feed({ type: 'reconnected', run: 'b_1', resumed: true });
    await turn();
    expect(stream.asked).toEqual(['resync']);
    await stream.detach();
    await talk;
  });
});
