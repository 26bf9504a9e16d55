import { Emitter, onUnexpectedError, type Disposable } from '../../lifecycle.js';
import type { HeldSize } from '../../holder/contract.js';
import type {
  Gained,
  Screen,
  ScreenReply,
  ScreenSource,
  ScreenStart,
  ScreenText,
  Snapshot,
} from '../contract.js';
import type { ScreenAnswers, ScreenRequest } from './headlessScreen.js';
import { slots, type ToThread } from './messages.js';

/**
 * A screen that falls further behind than this starts anew near the end; the thread parses so much in a quarter
 * second. What was there when the screen was opened does not count: it is read once, and whole.
 */
const mostBehind = 8 * 1024 * 1024;

/** In a flood, so much behind is left alone, but for a piece now and then, until it is over or somebody asks. */
const floodBytes = 1024 * 1024;

/** Time between two looks at a flood, in milliseconds, and what comes in it at least: as fast as the thread parses. */
const lookMs = 20;
const rushBytes = 512 * 1024;

/** How far from the end it starts anew: enough for the lines that are kept. */
const takeUp = 1024 * 1024;

/** Most changes of size that are kept, to build the screen anew. */
const mostSizes = 100;

interface Sized {
  readonly offset: number;
  readonly size: HeldSize;
}

/** Something that happens to the screen at one byte. */
interface Step {
  offset: number;
  take(): void;
}

/** What a screen needs of the thread that follows it. */
export interface ScreenThread {
  /** False after it died too often; it comes back, and the screens with it. */
  readonly alive: boolean;
  send(message: ToThread): void;
  request(screen: number, request: ScreenRequest): Promise<ScreenAnswers[ScreenRequest['type']]>;
  /** Says that there is work, and whether it may wait a little, to be done together with what comes. */
  wake(screen: ThreadScreen, when: 'now' | 'soon' | 'late'): void;
  close(screen: ThreadScreen): void;
}

/** The owner's side of a screen: what has to be done at which byte, and how far the thread has got. */
export class ThreadScreen implements Screen {
  readonly id: number;
  readonly #thread: ScreenThread;
  readonly #source: ScreenSource;
  readonly #replies = new Emitter<ScreenReply>();
  #steps: Step[] = [];
  /** Sizes by the byte from which they hold; the first is that at the start. */
  #sizes: [Sized, ...Sized[]];
  #position: number;
  /** Up to here is the past of a screen that is being built. */
  #past: number;
  #wanted = true;
  /** Where the screen was marked last. */
  #marked: number | undefined;
  #aligning = false;
  #rejects = new Set<(error: Error) => void>();
  #disposed = false;
  #watching: NodeJS.Timeout | undefined;
  /** How far the output was when it was looked at last, and whether it had come in a rush. */
  #seen = 0;
  #rushes = false;

  constructor(
    place: { readonly id: number; readonly thread: ScreenThread },
    source: ScreenSource,
    start: ScreenStart,
  ) {
    this.id = place.id;
    this.#thread = place.thread;
    this.#source = source;
    this.#position = start.offset;
    this.#past = source.end;
    this.#sizes = [start];
    this.#marked = start.mark;
    this.#open();
    this.#answerFrom(start.answered ?? 0);
  }

  /** Bytes that the thread was not given yet. */
  get unread(): number {
    return this.#source.end - this.#position;
  }

  /** Whether something waits for the bytes before it. */
  get awaited(): boolean {
    return this.#steps.length > 0;
  }

  /** Whether it goes on with its next piece as soon as the thread can take one. */
  get hastens(): boolean {
    return this.awaited || (this.unread >= slots.bytes && !this.#floods);
  }

  advance(): void {
    if (this.#disposed) return;
    if (this.#floods) this.#thread.wake(this, 'late');
    else this.#thread.wake(this, this.unread >= slots.bytes ? 'now' : 'soon');
    if (this.unread >= floodBytes) this.#watch();
  }

  resize(size: HeldSize, offset = this.#source.end): void {
    if (this.#disposed) return;
    this.#sizes.push({ offset, size });
    // The oldest but the first goes, which says where the screen begins.
    if (this.#sizes.length > mostSizes) this.#sizes.splice(1, 1);
    this.#at(offset, () => this.#thread.send({ screen: this.id, type: 'resize', size }));
    this.#thread.wake(this, 'soon');
  }

  answers(wanted: boolean): void {
    this.#wanted = wanted;
    this.#at(this.#source.end, () => this.#thread.send({ screen: this.id, type: 'answers', wanted }));
    if (!this.#disposed) this.#thread.wake(this, 'soon');
  }

  snapshot(options: { readonly scrollback: number }): Promise<Snapshot> {
    if (this.#disposed || !this.#isEmpty) return this.#ask({ type: 'snapshot', ...options });
    // Whoever looks at a program that was just started need not wait for the thread to start.
    const { size } = this.#sizes.at(-1) ?? this.#sizes[0];
    return Promise.resolve({ ...size, offset: this.#position, data: '' });
  }

  text(options: { readonly scrollback: number; readonly ansi: boolean }): Promise<ScreenText> {
    return this.#ask({ type: 'text', ...options });
  }

  async mark(): Promise<number> {
    const offset = this.#source.end;
    this.#marked = offset;
    await this.#ask({ type: 'mark' });
    return offset;
  }

  gained(): Promise<Gained> {
    return this.#ask({ type: 'gained' });
  }

  atPrompt(pattern: string): Promise<boolean> {
    return this.#ask({ type: 'atPrompt', pattern });
  }

  onReply(listener: (reply: ScreenReply) => void): Disposable {
    return this.#replies.on(listener);
  }

  /** Hands on what the thread answered to the program. */
  replied(replies: readonly ScreenReply[]): void {
    for (const reply of replies) this.#replies.fire(reply);
  }

  /**
   * Does what is due where the thread is now, and fills a slot with the next piece.
   * @returns the piece, or undefined when there is nothing to read
   */
  next(slot: Uint8Array): { readonly offset: number; readonly length: number } | undefined {
    for (;;) {
      this.#takeSteps();
      const room = Math.min(slot.length, (this.#steps[0]?.offset ?? this.#source.end) - this.#position);
      if (room <= 0) return undefined;
      if (this.#source.end - Math.max(this.#position, this.#past) > mostBehind) this.#skip();
      else {
        const piece = this.#read(room);
        if (piece === undefined) this.#skip();
        else if (piece.length === 0) return undefined;
        else {
          const start = this.#align(piece);
          const offset = this.#position + start;
          slot.set(piece.subarray(start));
          this.#position += piece.length;
          if (start < piece.length) return { offset, length: piece.length - start };
        }
      }
    }
  }

  /** The thread is another one: builds the screen anew, from its first byte or from the end on. */
  rebuild(from: 'start' | 'end'): void {
    const { end } = this.#source;
    this.#position = from === 'start' ? this.#sizes[0].offset : end;
    this.#past = end;
    this.#steps = [];
    this.#open();
    const rest = this.#sizes.filter(({ offset }) => offset > this.#position);
    for (const { offset, size } of rest) {
      this.#at(offset, () => this.#thread.send({ screen: this.id, type: 'resize', size }));
    }
    // Questions of the past were answered when they were asked.
    this.#answerFrom(end);
    this.#thread.wake(this, 'soon');
  }

  /** Lets go of whoever waits. */
  reject(error: Error): void {
    const rejects = this.#rejects;
    this.#rejects = new Set();
    for (const reject of rejects) reject(error);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#watching);
    this.#steps = [];
    this.#replies.dispose();
    this.#thread.close(this);
    this.reject(new Error('the screen is closed'));
  }

  /** Looks now and then how fast output comes, as long as it comes faster than it is read. */
  #watch(): void {
    this.#watching ??= setTimeout(() => {
      this.#watching = undefined;
      const { end } = this.#source;
      this.#rushes = end - this.#seen >= rushBytes;
      this.#seen = end;
      this.advance();
    }, lookMs).unref();
  }

  /**
   * Whether so much comes that most of it will be passed over: reading it all the same would take the processor from
   * those who want the bytes themselves.
   */
  get #floods(): boolean {
    return this.#rushes && !this.awaited && this.unread >= floodBytes;
  }

  /** Whether there was no output yet. */
  get #isEmpty(): boolean {
    return this.#source.end === this.#sizes[0].offset;
  }

  #open(): void {
    const { size } = this.#sizes.findLast(({ offset }) => offset <= this.#position) ?? this.#sizes[0];
    this.#thread.send({ screen: this.id, type: 'open', size, offset: this.#position });
    if (this.#marked === undefined || this.#marked < this.#position) return;
    this.#at(this.#marked, () => void this.#thread.request(this.id, { type: 'mark' }).catch(() => undefined));
  }

  #answerFrom(offset: number): void {
    if (offset <= this.#position && this.#wanted) return;
    const wanted = this.#wanted;
    this.#thread.send({ screen: this.id, type: 'answers', wanted: false });
    this.#at(offset, () => this.#thread.send({ screen: this.id, type: 'answers', wanted }));
  }

  #ask<T extends ScreenRequest>(request: T): Promise<ScreenAnswers[T['type']]> {
    if (this.#disposed) return Promise.reject(new Error('the screen is closed'));
    if (!this.#thread.alive) return Promise.reject(new Error('the thread of the screens has died'));
    return new Promise((resolve, reject) => {
      this.#rejects.add(reject);
      this.#at(this.#source.end, () => {
        this.#thread
          .request(this.id, request)
          .then((answer) => resolve(answer as ScreenAnswers[T['type']]), reject)
          .finally(() => this.#rejects.delete(reject));
      });
      this.#thread.wake(this, 'now');
    });
  }

  /** Has something done once the thread has got there; what was asked for earlier at the same byte comes first. */
  #at(offset: number, take: () => void): void {
    if (this.#disposed) return;
    const before = this.#steps.findLastIndex((step) => step.offset <= offset);
    this.#steps.splice(before + 1, 0, { offset, take });
  }

  #takeSteps(): void {
    for (let step = this.#steps[0]; step && step.offset <= this.#position; step = this.#steps[0]) {
      this.#steps.shift();
      step.take();
    }
  }

  #read(most: number): Buffer | undefined {
    try {
      return this.#source.read(this.#position, most);
    } catch (error) {
      onUnexpectedError(error);
      return undefined;
    }
  }

  /** Leaves out what is too much or no longer kept; what is due comes once the last of it was read. */
  #skip(): void {
    const { start, end } = this.#source;
    // Where bytes that should be there cannot be read, half of the way is given up.
    const next = start > this.#position ? start : Math.ceil((this.#position + end) / 2);
    this.#position = this.#position < this.#past ? next : Math.max(next, end - takeUp);
    this.#aligning = true;
    for (const step of this.#steps) if (step.offset < end) step.offset = end;
  }

  /** Where in a piece to begin after a skip: after the first line feed, as the start may be of half a sequence. */
  #align(piece: Buffer): number {
    if (!this.#aligning) return 0;
    this.#aligning = false;
    return piece.indexOf(10) + 1;
  }
}
