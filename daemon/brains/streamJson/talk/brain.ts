import { statSync } from 'node:fs';
import type { HeldTerminal, ProcessExit } from '../../../holder/contract.js';
import {
  type Disposable,
  DisposableStore,
  Emitter,
  onUnexpectedError,
  toDisposable,
} from '../../../lifecycle.js';
import type { Terminal } from '../../../streams/contract.js';
import type { Brain, BrainOutput, ToldOutput } from '../../contract.js';
import { TranscriptEar } from './ear.js';
import type { Conversation, TalkKind } from './kind.js';
import { TitleReader } from './title.js';
import { TurnSense } from './turnSense.js';

/** Bytes at a transcript's end in which news are looked for, where not all of it is new. */
const tailBytes = 4 * 1024 * 1024;

/** Bytes at a spool's end in which a title is looked for: a program that works sets one all the time. */
const titleBytes = 1024 * 1024;

/** How often it is looked which conversation the program is on, in ms. */
const lookMs = 1000;

/** What a brain in its own terminal is made of. */
export interface TalkBrainParts {
  readonly kind: TalkKind;
  readonly terminal: Terminal;
  readonly conversation: Conversation;
  /** Bytes of the transcript that were there before; where it is missing, its last part is looked at. */
  readonly from?: number;
  /** Set for a terminal that an earlier daemon started: whether it has told of something. */
  readonly told?: (output: ToldOutput) => boolean;
  /** From SIGTERM to SIGKILL, in ms. */
  readonly graceMs: number;
}

/**
 * A conversation in the brain's own terminal, where a human begins the turns, and may go to another conversation.
 * What is said there is read from the transcript that the program writes.
 */
export class TalkBrain implements Brain {
  readonly terminal: Terminal;
  readonly takenUp: Promise<void>;
  readonly #parts: TalkBrainParts;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #sense: TurnSense;
  readonly #held = new DisposableStore();
  readonly #ended: Promise<ProcessExit>;
  #conversation: Conversation;
  #ear: TranscriptEar;
  /** When the program was last seen on this conversation, in ms since 1970. */
  #seenAt = Date.now();
  /** Settles when the last look at the conversation is over. */
  #looking: Promise<void> | undefined;
  #ending = false;

  constructor(parts: TalkBrainParts) {
    this.#parts = parts;
    const { terminal, conversation, told } = parts;
    this.terminal = terminal;
    this.#conversation = conversation;
    this.#sense = this.#held.add(
      new TurnSense({
        signs: () => this.#ear,
        refresh: () => this.#ear.read(),
        turned: (on) => this.#outputs.fire({ type: 'talk.turn', on }),
        asks: (on) => this.#outputs.fire({ type: 'talk.asks', on }),
      }),
    );
    this.#ear = this.#listen({ from: parts.from, since: told ? startOf(terminal.held) : 0, told });
    const titles = new TitleReader((title) => this.#titled(title));
    this.#held.add(terminal.onOutput((_, chunk) => titles.push(chunk)));
    const look = setInterval(() => void this.#look(), lookMs);
    look.unref();
    this.#held.add(toDisposable(() => clearInterval(look)));
    this.takenUp = told ? this.#takeUp().catch(onUnexpectedError) : Promise.resolve();
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
    this.terminal.write(this.#parts.kind.interrupt);
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
    this.#ending = true;
    await this.#looking;
    await this.#ear.close();
    this.#held.dispose();
    // Its viewers may still read the last of it.
    void this.terminal.exited.then(() => this.terminal.dispose()).catch(onUnexpectedError);
    return exit;
  }

  #listen(how: {
    readonly from: number | undefined;
    readonly since: number;
    readonly told?: TalkBrainParts['told'];
  }): TranscriptEar {
    const conversation = this.#conversation;
    const locate = (): string | undefined => this.#parts.kind.transcript(conversation);
    const from = how.from ?? Math.max(0, sizeOf(locate()) - tailBytes);
    return new TranscriptEar({
      locate,
      from,
      since: how.since,
      told: how.told,
      heard: (outputs) => {
        for (const output of outputs) this.#outputs.fire(output);
        this.#sense.look();
      },
    });
  }

  #titled(title: string): void {
    this.#sense.title(title);
    // A turn begins or ends: the transcript has news, or will soon.
    void this.#look().then(() => this.#ear.read());
  }

  /** Reads what was said meanwhile, and sees by the title how the program stands. */
  async #takeUp(): Promise<void> {
    await this.#ear.read();
    this.#ear.caughtUp();
    const title = this.#lastTitle();
    if (title !== undefined) this.#sense.title(title);
    else void this.#askScreen().catch(onUnexpectedError);
  }

  /** The title that was set last, if that was not long ago: to read all that is kept takes a screen seconds. */
  #lastTitle(): string | undefined {
    const { spool } = this.terminal;
    let last: string | undefined;
    const titles = new TitleReader((title) => (last = title));
    const from = Math.max(spool.start, spool.end - titleBytes);
    titles.push(spool.read(from, titleBytes) ?? Buffer.alloc(0));
    return last;
  }

  async #askScreen(): Promise<void> {
    const { title } = await this.terminal.screen.text({ scrollback: 0, ansi: false });
    if (title !== '') this.#sense.title(title);
  }

  /** Follows whoever sits there to another conversation. Never rejects. */
  #look(): Promise<void> {
    this.#looking ??= this.#follow()
      .catch(onUnexpectedError)
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #follow(): Promise<void> {
    const { kind, terminal } = this.#parts;
    const now = Date.now();
    const current = kind.current?.(this.#conversation, terminal.held.identity);
    if (current === undefined || current === this.#conversation.conversation || this.#ending) {
      this.#seenAt = now;
      return;
    }
    await this.#ear.close();
    this.#conversation = { ...this.#conversation, conversation: current };
    const begun = kind.exists(this.#conversation);
    this.#outputs.fire({ type: 'talk.moved', conversation: current, begun });
    this.#ear = this.#listen({ from: undefined, since: this.#seenAt });
    this.#seenAt = now;
  }
}

/** When a terminal's program was started, in ms since 1970, as far as its spool is kept. */
function startOf({ spool }: HeldTerminal): number {
  return spool.marks(spool.start, spool.start)[0]?.at ?? 0;
}

/** Bytes of a file; 0 where there is none. */
export function sizeOf(path: string | undefined): number {
  return (path !== undefined && statSync(path, { throwIfNoEntry: false })?.size) || 0;
}
