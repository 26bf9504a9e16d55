import type { FoundState, HeldTerminal, ProcessExit, Spool } from '../../daemon/holder/contract.js';
import { Emitter, type Disposable as Held } from '../../daemon/lifecycle.js';
import type { Screen, Terminal, Viewer } from '../../daemon/streams/contract.js';
import {
  HeadlessScreen,
  type ScreenAnswers,
  type ScreenRequest,
} from '../../daemon/streams/screen/headlessScreen.js';

const size = { cols: 40, rows: 10 };

/** A terminal with a true screen and no program: a test prints, and sees what is typed. */
export class FakeTerminal implements Terminal {
  readonly run = 'fake';
  readonly size = size;
  readonly typed: string[] = [];
  /** What becomes of what is typed. */
  program: (data: string) => void = () => undefined;
  /** Whether it takes what is typed. */
  reads = true;
  /** All that was put out. */
  printed = '';
  /** While set, the screen does not answer. */
  stuck = false;
  /** How it was found by a later daemon, which has written nothing yet. */
  found: FoundState | undefined;
  disposed = false;
  kills = 0;
  /** Whether it ends when it is killed. */
  mortal = true;
  readonly exited: Promise<ProcessExit>;
  readonly #screen = new HeadlessScreen({ size, offset: 0 }, () => undefined);
  readonly #output = new Emitter<{ offset: number; chunk: Buffer }>();
  #exit: (exit: ProcessExit) => void = () => undefined;
  #alive = true;
  #end = 0;

  constructor() {
    this.exited = new Promise((resolve) => (this.#exit = resolve));
  }

  get held(): HeldTerminal {
    // Of no process: a signal to it would go nowhere.
    const identity = { pid: 2 ** 30, startTime: '0', bootId: 'none', run: 'none' };
    const kill = async (): Promise<ProcessExit> => {
      this.kills += 1;
      if (this.mortal) this.end({ code: null, signal: 'SIGHUP' });
      return this.exited;
    };
    const { run, exited, found } = this;
    const received = found && 'received' in found.input ? found.input.received : 0;
    const sent = this.typed.reduce((sum, data) => sum + Buffer.byteLength(data), received);
    const isAlive = (): boolean => this.#alive;
    return { run, identity, exited, found, sent, isAlive, kill } as unknown as HeldTerminal;
  }

  async settled(): Promise<void> {}

  get spool(): Spool {
    return { end: this.#end } as Spool;
  }

  get screen(): Screen {
    const answer = <T extends ScreenRequest['type']>(
      request: Extract<ScreenRequest, { type: T }>,
    ): Promise<ScreenAnswers[T]> =>
      this.stuck
        ? new Promise(() => undefined)
        : Promise.resolve(this.#screen.answer(request) as ScreenAnswers[T]);
    return {
      mark: () => answer({ type: 'mark' }).then(() => this.#end),
      gained: () => answer({ type: 'gained' }),
      atPrompt: (pattern: string) => answer({ type: 'atPrompt', pattern }),
      text: (how: { scrollback: number; ansi: boolean }) => answer({ type: 'text', ...how }),
      snapshot: (how: { scrollback: number }) => answer({ type: 'snapshot', ...how }),
    } as unknown as Screen;
  }

  /** The daemon leaves its program to the next one: nothing more is heard of it here. */
  leave(): void {
    this.#alive = false;
    this.#output.dispose();
  }

  /** Prints, a line feed as a program's. */
  print(text: string): void {
    this.put(text.replaceAll('\n', '\r\n'));
  }

  put(data: string): void {
    const chunk = Buffer.from(data);
    if (chunk.length === 0) return;
    this.printed += data;
    const offset = this.#end;
    this.#end += chunk.length;
    this.#screen.feed(offset, chunk);
    this.#output.fire({ offset, chunk });
  }

  /** The program ends. */
  end(exit: ProcessExit): void {
    this.#alive = false;
    this.#exit(exit);
  }

  write(data: string): boolean {
    if (!this.reads) return false;
    this.typed.push(data);
    this.program(data);
    return true;
  }

  onOutput(listener: (offset: number, chunk: Buffer) => void): Held {
    return this.#output.on(({ offset, chunk }) => listener(offset, chunk));
  }

  attach(): Promise<Viewer> {
    return Promise.reject(new Error('nobody looks at it'));
  }

  ending(): void {
    // Nobody looks at it.
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#output.dispose();
    this.#screen.dispose();
  }
}
