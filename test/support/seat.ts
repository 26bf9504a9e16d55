import xterm from '@xterm/headless';
import type { Khlone, Stream, StreamOutcome } from '../../client/index.js';
import { Looks } from './looks.js';

type Attach = Partial<Parameters<Khlone['stream']['attach']>[0]>;

/** A human at a clone's terminal, through the client: sees the screen, types. */
export class Seat implements AsyncDisposable {
  readonly stream: Stream;
  readonly #screen: xterm.Terminal;
  readonly #looks = new Looks(() => this.screen());
  /** Settles when the stream is over and all of it is on the screen. */
  readonly read: Promise<StreamOutcome>;

  private constructor(stream: Stream, size: { readonly cols: number; readonly rows: number }) {
    this.stream = stream;
    this.#screen = new xterm.Terminal({ ...size, scrollback: 1000, allowProposedApi: true });
    this.read = this.#follow();
  }

  /** Comes to a clone's terminal; by default to talk, in 100 by 30. */
  static async take(khlone: Khlone, who: string, more: Attach = {}): Promise<Seat> {
    const size = { cols: 100, rows: 30 };
    const stream = await khlone.stream.attach({ who, mode: 'talk', ...size, queries: 'daemon', ...more });
    return new Seat(stream, size);
  }

  /** The screen and what is above it. */
  screen(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, at) => active.getLine(at)?.translateToString(true) ?? '',
    );
    return lines.join('\n').trimEnd();
  }

  press(keys: string): Promise<void> {
    return this.stream.write(keys);
  }

  /** Types words and, once they are shown, presses Enter. */
  async say(words: string): Promise<void> {
    await this.press(words);
    await this.shows(new RegExp(`[❯>!]\\s?${words.replace(/[.*+?^${}()|[\]\\/!]/g, '\\$&')}\\s*$`, 'm'));
    await this.press('\r');
  }

  /** Resolves with the first match once it is on the screen. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#looks.until(pattern);
  }

  /** Leaves; the terminal lives on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.detach();
    await this.read;
    this.#screen.dispose();
  }

  async #follow(): Promise<StreamOutcome> {
    for await (const piece of this.stream) {
      if (piece.type === 'data') await this.#draw(piece.data);
      else if (piece.type === 'snapshot') {
        this.#screen.reset();
        await this.#draw(piece.snapshot.data);
      } else if (piece.type === 'resized') this.#screen.resize(piece.cols, piece.rows);
    }
    return this.stream.ended;
  }

  #draw(data: string): Promise<void> {
    return new Promise((resolve) => {
      this.#screen.write(data, () => {
        this.#looks.look();
        resolve();
      });
    });
  }
}
