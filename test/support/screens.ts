import type { HeldSize } from '../../daemon/holder/contract.js';
import { Emitter, type Disposable } from '../../daemon/lifecycle.js';
import type {
  Gained,
  Screen,
  ScreenReply,
  Screens,
  ScreenSource,
  ScreenText,
  Snapshot,
} from '../../daemon/streams/contract.js';

/** A screen that draws nothing but says exactly where it is. */
export class FakeScreen implements Screen {
  readonly source: ScreenSource;
  readonly start: { readonly size: HeldSize; readonly offset: number };
  readonly sizes: { readonly size: HeldSize; readonly offset: number }[] = [];
  /** What was switched, and at which byte. */
  readonly switched: { readonly wanted: boolean; readonly offset: number }[] = [];
  /** How many bytes before the end a snapshot is taken, as in the middle of a sequence. */
  backing = 0;
  /** Waited for before a snapshot or text is handed out; what it rejects with is passed on. */
  delay: () => Promise<unknown> | undefined = () => undefined;
  /** Lines of scrollback of each snapshot that was asked for. */
  readonly asked: number[] = [];
  /** Drawn in snapshots for each line of scrollback. */
  perLine = '';
  disposed = false;
  readonly #replies = new Emitter<ScreenReply>();

  constructor(source: ScreenSource, start: { readonly size: HeldSize; readonly offset: number }) {
    this.source = source;
    this.start = start;
  }

  get size(): HeldSize {
    return this.sizes.at(-1)?.size ?? this.start.size;
  }

  advance(): void {}

  resize(size: HeldSize, offset = this.source.end): void {
    this.sizes.push({ size, offset });
  }

  answers(wanted: boolean): void {
    this.switched.push({ wanted, offset: this.source.end });
  }

  async snapshot({ scrollback }: { readonly scrollback: number }): Promise<Snapshot> {
    this.asked.push(scrollback);
    const offset = Math.max(this.start.offset, this.source.end - this.backing);
    const { size } = this;
    await this.delay();
    return { ...size, offset, data: `as before byte ${offset}${this.perLine.repeat(scrollback)}` };
  }

  async text(): Promise<ScreenText> {
    await this.delay();
    return {
      ...this.size,
      offset: this.source.end,
      text: 'what it shows',
      cursor: { x: 0, y: 0, visible: true },
      line: 'what it shows',
      title: 'title',
      alternate: false,
    };
  }

  mark(): Promise<number> {
    return Promise.resolve(this.source.end);
  }

  gained(): Promise<Gained> {
    return Promise.resolve({ text: '', complete: true });
  }

  atPrompt(): Promise<boolean> {
    return Promise.resolve(false);
  }

  onReply(listener: (reply: ScreenReply) => void): Disposable {
    return this.#replies.on(listener);
  }

  /** The terminal answers a question in the piece that began at a byte. */
  reply(offset: number, data: string): void {
    this.#replies.fire({ offset, data });
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** Makes screens that draw nothing. */
export class FakeScreens implements Screens {
  readonly opened: FakeScreen[] = [];

  open(source: ScreenSource, start: { readonly size: HeldSize; readonly offset: number }): FakeScreen {
    const screen = new FakeScreen(source, start);
    this.opened.push(screen);
    return screen;
  }

  dispose(): void {}
}
