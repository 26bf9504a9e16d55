import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Brain, BrainOutput } from '../brains/contract.js';
import type { HeldSize } from '../holder/contract.js';
import { DisposableStore, toDisposable } from '../lifecycle.js';
import type { Terminal } from '../streams/contract.js';
import { Alarm } from './alarm.js';
import type { TalkHold, TalkWish } from './talk.js';

/**
 * A turn in a terminal whose screen and words have not moved for so long counts as over, in ms: it may wait for a
 * human who has left, and tasks must not wait for ever.
 */
const quietTurnMs = 5 * 60_000;

/**
 * How long a clone still talks after the last one has left, in ms: what was typed at the very end has become a turn
 * by then, and is not lost to the next task.
 */
const leavingMs = 500;

/** What somebody's coming and going at a terminal means for its clone. */
export interface TalksParts {
  /** Hears what is said there. */
  readonly hear: (output: BrainOutput) => void;
  /** The last one has left, a turn began or ended, or the terminal is gone: `on` may be another. */
  readonly changed: () => void;
}

interface Wish {
  readonly size: HeldSize | undefined;
  readonly grant: (hold: TalkHold) => void;
  readonly refuse: (error: KhloneError) => void;
}

/** Who wants to come to one clone's terminal, who is there, and whether a turn is on that was begun there. */
export class Talks {
  readonly #parts: TalksParts;
  readonly #wishes = new Set<Wish>();
  readonly #holds = new Set<object>();
  readonly #quiet = new Alarm();
  readonly #leaving = new Alarm();
  #followed: { readonly brain: Brain; readonly held: DisposableStore } | undefined;
  #resting: (() => void)[] = [];
  #turn = false;
  #asks = false;
  #lingers = false;
  /** Counts what moved since the turn's quiet time was last looked at. */
  #moves = 0;

  constructor(parts: TalksParts) {
    this.#parts = parts;
  }

  /** Whether somebody waits for the terminal. */
  get wanted(): boolean {
    return this.#wishes.size > 0;
  }

  /** The size the first one of those who wait has given. */
  get size(): HeldSize | undefined {
    for (const { size } of this.#wishes) if (size) return size;
    return undefined;
  }

  /** Whether a turn is on that was begun in the terminal. */
  get turn(): boolean {
    return this.#turn;
  }

  /** Whether a turn in the terminal waits for a human, and nobody is there to see it. */
  get asks(): boolean {
    return this.#asks && this.#holds.size === 0;
  }

  /** Whether the terminal is in use: tasks wait meanwhile. */
  get on(): boolean {
    return this.#holds.size > 0 || this.#lingers || this.#turn;
  }

  /** Waits for the terminal; rejects with `cancelled` when the wish is given up, or with what `refuse` is told. */
  ask({ size, signal }: TalkWish): Promise<TalkHold> {
    if (signal.aborted) return Promise.reject(fail('cancelled', {}));
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        if (!this.#wishes.delete(wish)) return;
        signal.removeEventListener('abort', withdraw);
        then();
      };
      const wish: Wish = {
        size,
        grant: (hold) => settle(() => resolve(hold)),
        refuse: (error) => settle(() => reject(error)),
      };
      const withdraw = (): void => wish.refuse(fail('cancelled', {}));
      this.#wishes.add(wish);
      signal.addEventListener('abort', withdraw);
    });
  }

  /** Tells all who wait why they cannot come. */
  refuse(error: KhloneError): void {
    for (const wish of [...this.#wishes]) wish.refuse(error);
  }

  /** Lets all who wait come to the terminal. */
  admit(brain: Brain, terminal: Terminal): void {
    this.follow(brain);
    for (const wish of [...this.#wishes]) wish.grant(this.#hold(terminal));
  }

  /** Hears what is said in a brain's terminal, until it ends. */
  follow(brain: Brain): void {
    if (this.#followed?.brain === brain) return;
    this.gone();
    const held = new DisposableStore();
    this.#followed = { brain, held };
    held.add(
      brain.output((output) => {
        this.#moves += 1;
        if (output.type === 'talk.turn') this.#turned(output.on);
        else if (output.type === 'talk.asks') this.#asked(output.on);
        else this.#parts.hear(output);
      }),
    );
    if (brain.terminal) held.add(brain.terminal.onOutput(() => (this.#moves += 1)));
  }

  /** The terminal is gone, and with it everybody's place there. */
  gone(): void {
    const inUse = this.on;
    this.#followed?.held.dispose();
    this.#followed = undefined;
    this.#holds.clear();
    this.#leaving.clear();
    this.#lingers = false;
    this.#asks = false;
    this.#turned(false);
    // What has waited for the end of the terminal goes on.
    if (inUse) this.#parts.changed();
  }

  /** Resolves when no turn is on, at once if none is. */
  rested(): Promise<void> {
    return this.#turn ? new Promise((resolve) => this.#resting.push(resolve)) : Promise.resolve();
  }

  /** Waits for the turn no longer. */
  hurry(): void {
    this.#turned(false);
  }

  #hold(terminal: Terminal): TalkHold {
    const hold = {};
    this.#holds.add(hold);
    this.#leaving.clear();
    this.#lingers = false;
    return {
      terminal,
      ...toDisposable(() => {
        if (!this.#holds.delete(hold) || this.#holds.size > 0) return;
        this.#lingers = true;
        this.#leaving.set(leavingMs, () => {
          this.#lingers = false;
          this.#parts.changed();
        });
      }),
    };
  }

  #asked(on: boolean): void {
    this.#asks = on;
    this.#parts.changed();
  }

  #turned(on: boolean): void {
    if (this.#turn === on) return;
    this.#turn = on;
    if (on) this.#watch();
    else {
      this.#quiet.clear();
      for (const rested of this.#resting.splice(0)) rested();
    }
    this.#parts.changed();
  }

  #watch(): void {
    const seen = this.#moves;
    this.#quiet.set(quietTurnMs, () => {
      if (this.#moves === seen) this.#turned(false);
      else this.#watch();
    });
  }
}
