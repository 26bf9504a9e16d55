import type { Disposable } from '../../../lifecycle.js';

/** How long all signs of a turn must be gone before it counts as over, in ms: they do not come at the same instant. */
const settleMs = 400;

/** How long a tool must stand still for it to count as one that waits for a human, in ms: each one does for a moment. */
const askMs = 1000;

/** The signs by which a turn in a terminal is known. */
export interface TurnSigns {
  readonly turnOn: boolean;
  readonly toolOn: boolean;
}

/** What tells, and hears, whether a turn is on. */
export interface TurnSenseParts {
  readonly signs: () => TurnSigns;
  /** Brings the signs up to date. */
  readonly refresh: () => Promise<void>;
  readonly turned: (on: boolean) => void;
  /** Whether the turn waits for a human's word: to allow a tool, or to answer a question. */
  readonly asks: (on: boolean) => void;
}

/**
 * Knows whether a turn is on in a terminal, from the transcript and the title together. Claude Code shows a turning
 * sign (a braille pattern) in its title while it works, and a star while it is at rest or waits for a human; a turn
 * that is interrupted before its answer leaves no mark in the transcript, and one after /clear is in another.
 */
export class TurnSense implements Disposable {
  readonly #parts: TurnSenseParts;
  #title: 'works' | 'rests' | 'silent' = 'silent';
  #on = false;
  #settling: NodeJS.Timeout | undefined;
  #asks = false;
  #asking: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(parts: TurnSenseParts) {
    this.#parts = parts;
  }

  title(title: string): void {
    const [first = ''] = title;
    this.#title = /^[\u2800-\u28ff]$/.test(first) ? 'works' : first === '✳' ? 'rests' : 'silent';
    this.look();
  }

  /** Looks at the signs again. */
  look(): void {
    if (this.#disposed) return;
    if (this.#shows()) {
      clearTimeout(this.#settling);
      this.#settling = undefined;
      this.#turn(true);
    } else if (this.#on) {
      this.#settling ??= setTimeout(() => void this.#settle(), settleMs);
      this.#settling.unref();
    }
    if (!this.#waits()) {
      clearTimeout(this.#asking);
      this.#asking = undefined;
      this.#ask(false);
    } else if (!this.#asks) {
      this.#asking ??= setTimeout(() => this.#ask(true), askMs);
      this.#asking.unref();
    }
  }

  /** No turn is on any more, whatever the signs say: the program has ended. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#settling);
    clearTimeout(this.#asking);
    this.#ask(false);
    this.#turn(false);
  }

  async #settle(): Promise<void> {
    await this.#parts.refresh();
    this.#settling = undefined;
    if (!this.#disposed && !this.#shows()) this.#turn(false);
  }

  #shows(): boolean {
    const { turnOn, toolOn } = this.#parts.signs();
    return this.#title === 'works' || toolOn || (turnOn && this.#title !== 'rests');
  }

  /** A tool was called and nothing moves: it is not allowed yet. */
  #waits(): boolean {
    return this.#title === 'rests' && this.#parts.signs().toolOn;
  }

  #ask(on: boolean): void {
    if (this.#asks === on) return;
    this.#asks = on;
    this.#parts.asks(on);
  }

  #turn(on: boolean): void {
    if (this.#on === on) return;
    this.#on = on;
    this.#parts.turned(on);
  }
}
