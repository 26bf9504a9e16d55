import type { Disposable } from '../../../lifecycle.js';
import type { BrainOutput, ToldOutput } from '../../contract.js';
import { type Json, parseObject } from '../json.js';
import { CatchUp } from './catchUp.js';
import { FileFollower } from './follower.js';
import { FirstLines, timeOf } from './order.js';
import { TranscriptReader } from './transcript.js';
import type { TurnSigns } from './turnSense.js';

/** How long the first lines of a new transcript wait for the one they all follow, in ms. */
const firstLinesMs = 1000;

/** What an ear listens to. */
export interface EarParts {
  /** The transcript's path; undefined as long as there is none. */
  readonly locate: () => string | undefined;
  /** Bytes of it to pass over. */
  readonly from: number;
  /** What was said before is passed over, in ms since 1970. */
  readonly since: number;
  /** Set for a terminal that an earlier daemon started: whether it has told of something. */
  readonly told?: ((output: ToldOutput) => boolean) | undefined;
  /** Hears what is said, in order; the signs of a turn may be others after it. */
  readonly heard: (outputs: readonly BrainOutput[]) => void;
}

/** Listens to one conversation by its transcript. */
export class TranscriptEar implements Disposable, TurnSigns {
  readonly #parts: EarParts;
  readonly #reader = new TranscriptReader();
  readonly #follower: FileFollower;
  /** While set, lines wait for what comes before them. */
  #first: FirstLines | undefined;
  #firstTimer: NodeJS.Timeout | undefined;
  /** While set, lines may have been told by an earlier daemon. */
  #catchUp: CatchUp | undefined;

  constructor(parts: EarParts) {
    this.#parts = parts;
    const { locate, from, told } = parts;
    if (told) this.#catchUp = new CatchUp(told);
    else if (from === 0) this.#first = new FirstLines();
    const sink = {
      line: (text: string) => this.#line(text),
      fault: (reason: string) => parts.heard([{ type: 'fault', reason }]),
    };
    this.#follower = new FileFollower({ locate, from, sink });
  }

  get turnOn(): boolean {
    return this.#reader.turnOn;
  }

  get toolOn(): boolean {
    return this.#reader.toolOn;
  }

  /** Resolves when all that is written now was heard. Never rejects. */
  read(): Promise<void> {
    return this.#follower.read();
  }

  /** Tells what an earlier daemon did not; from here on all is new. */
  caughtUp(): void {
    const news = this.#catchUp?.news() ?? [];
    this.#catchUp = undefined;
    this.#parts.heard(news);
  }

  /** Hears the last of it, and tells tools that still run as failed. */
  async close(): Promise<void> {
    await this.read();
    this.caughtUp();
    this.#inOrder();
    this.#parts.heard(this.#reader.close());
    this.dispose();
  }

  dispose(): void {
    clearTimeout(this.#firstTimer);
    this.#follower.dispose();
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
      const news = timeOf(line) >= this.#parts.since ? outputs : [];
      if (this.#catchUp) this.#catchUp.add(outputs, news);
      else this.#parts.heard(news);
    }
  }
}
