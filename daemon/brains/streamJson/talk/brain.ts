import type { HeldTerminal, ProcessExit } from '../../../holder/contract.js';
import { type Disposable, DisposableStore, Emitter, onUnexpectedError } from '../../../lifecycle.js';
import type { Terminal } from '../../../streams/contract.js';
import type { Brain, BrainOutput, ToldOutput } from '../../contract.js';
import { type Json, parseObject } from '../json.js';
import { CatchUp } from './catchUp.js';
import { FileFollower } from './follower.js';
import { FirstLines } from './order.js';
import { TitleReader } from './title.js';
import { TranscriptReader } from './transcript.js';
import { TurnSense } from './turnSense.js';

/** How long the first lines of a new transcript wait for the one they all follow, in ms. */
const firstLinesMs = 1000;

/** What a brain in its own terminal is made of. */
export interface TalkBrainParts {
  readonly terminal: Terminal;
  /** The transcript's path; undefined as long as there is none. */
  readonly transcript: () => string | undefined;
  /** Bytes of the transcript that were there before. */
  readonly from: number;
  /** Set for a terminal that an earlier daemon started: what it has told of the lines from there. */
  readonly told?: (output: ToldOutput) => boolean;
  /** What a human presses to end a turn. */
  readonly interrupt: string;
  /** From SIGTERM to SIGKILL, in ms. */
  readonly graceMs: number;
}

/**
 * A conversation in the brain's own terminal, where a human begins the turns. What is said there is read from the
 * transcript that the program writes.
 */
export class TalkBrain implements Brain {
  readonly terminal: Terminal;
  readonly #parts: TalkBrainParts;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #reader = new TranscriptReader();
  readonly #follower: FileFollower;
  readonly #sense: TurnSense;
  readonly #held = new DisposableStore();
  readonly #ended: Promise<ProcessExit>;
  /** While set, lines wait for what comes before them. */
  #first: FirstLines | undefined;
  #firstTimer: NodeJS.Timeout | undefined;
  /** While set, lines may have been told by an earlier daemon. */
  #catchUp: CatchUp | undefined;
  #ending = false;

  constructor(parts: TalkBrainParts) {
    this.#parts = parts;
    const { terminal, from, told } = parts;
    this.terminal = terminal;
    if (told) this.#catchUp = new CatchUp(told, startOf(terminal.held));
    else if (from === 0) this.#first = new FirstLines();
    this.#follower = this.#held.add(
      new FileFollower({
        locate: parts.transcript,
        from,
        sink: {
          line: (text) => this.#line(text),
          fault: (reason) => this.#outputs.fire({ type: 'fault', reason }),
        },
      }),
    );
    this.#sense = this.#held.add(
      new TurnSense({
        signs: this.#reader,
        refresh: () => this.#follower.read(),
        turned: (on) => this.#outputs.fire({ type: 'talk.turn', on }),
      }),
    );
    const titles = new TitleReader((title) => this.#titled(title));
    this.#held.add(terminal.onOutput((_, chunk) => titles.push(chunk)));
    if (told) void this.#takeUp().catch(onUnexpectedError);
    this.#ended = this.#settle();
  }

  send(): void {
    throw new Error('a turn in a terminal is begun by hand');
  }

  output(listener: (output: BrainOutput) => void): Disposable {
    return this.#outputs.on(listener);
  }

  /** Whoever sits at the terminal is asked there. */
  respond(): void {}

  interrupt(): void {
    this.terminal.write(this.#parts.interrupt);
  }

  await(): Promise<ProcessExit> {
    return this.#ended;
  }

  isAlive(): boolean {
    return !this.#ending && this.terminal.held.isAlive();
  }

  async kill(): Promise<ProcessExit> {
    this.#ending = true;
    await this.terminal.held.kill(this.#parts.graceMs);
    return this.#ended;
  }

  async #settle(): Promise<ProcessExit> {
    const exit = await this.terminal.held.exited;
    await this.#follower.read();
    this.#caughtUp();
    this.#inOrder();
    this.#tell(this.#reader.close());
    this.#held.dispose();
    // Its viewers may still read the last of it.
    void this.terminal.exited.then(() => this.terminal.dispose()).catch(onUnexpectedError);
    return exit;
  }

  #line(text: string): void {
    const line = parseObject(text);
    if (!line) return;
    if (!this.#first) return this.#read([line]);
    this.#read(this.#first.take(line));
    if (!this.#first.waiting) return;
    this.#firstTimer ??= setTimeout(() => this.#inOrder(), firstLinesMs);
    this.#firstTimer.unref();
  }

  /** The first lines wait no longer. */
  #inOrder(): void {
    clearTimeout(this.#firstTimer);
    const waiting = this.#first?.release();
    this.#first = undefined;
    if (waiting) this.#read(waiting);
  }

  #read(lines: readonly Json[]): void {
    for (const line of lines) {
      const outputs = this.#reader.read(line);
      if (this.#catchUp) this.#catchUp.add(line, outputs);
      else this.#tell(outputs);
    }
    if (lines.length > 0 && !this.#catchUp) this.#sense.look();
  }

  #tell(outputs: readonly BrainOutput[]): void {
    for (const output of outputs) this.#outputs.fire(output);
  }

  #titled(title: string): void {
    this.#sense.title(title);
    // A turn begins or ends: the transcript has news, or will soon.
    void this.#follower.read();
  }

  /** Reads what was said meanwhile, and sees how the screen stands. */
  async #takeUp(): Promise<void> {
    await this.#follower.read();
    this.#caughtUp();
    const { title } = await this.terminal.screen.text({ scrollback: 0, ansi: false });
    if (title !== '') this.#sense.title(title);
  }

  /** Tells what the earlier daemon did not; from here on all is new. */
  #caughtUp(): void {
    const news = this.#catchUp?.news() ?? [];
    this.#catchUp = undefined;
    this.#tell(news);
    this.#sense.look();
  }
}

/** When a terminal's program was started, in ms since 1970, as far as its spool is kept. */
function startOf({ spool }: HeldTerminal): number {
  return spool.marks(spool.start, spool.start)[0]?.at ?? 0;
}
