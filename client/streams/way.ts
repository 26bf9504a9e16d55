import { setTimeout as sleep } from 'node:timers/promises';
import { fail, isKhloneError } from '../../protocol/fail.js';
import { socketPathLimit } from '../../protocol/zone.js';
import type { Disposable } from '../disposable.js';
import { Lane, type LaneOffer } from './lane.js';
import type { StreamSize } from './options.js';
import type { Paper } from './paper.js';

/** How long a stream that is left waits for what is being typed to be taken, in ms. */
const lastWordMs = 200;
/** What a write that is refused has in its error, in bytes. */
const inputBytes = 4 * 1024 * 1024;

/** What comes by a lane, and what a stream has to say for it. */
export interface WaySink<D> {
  /** After the last byte that came, with the size the terminal has there. */
  place(): { readonly offset: number } & StreamSize;
  /** The byte from which on no more may come for now. */
  limit(): number;
  output(piece: { readonly offset: number; readonly end: number; readonly data: D }): void;
  resized(offset: number, size: StreamSize): void;
  /** There is no lane to be had from here. */
  refused(): void;
  /** It cannot go on. */
  broken(error: Error): void;
}

/** What a way belongs to. */
export interface WayParts<D> {
  readonly clone: string;
  /** Whether it may type; else the daemon says why not. */
  readonly talks: boolean;
  readonly paper: Paper<D>;
  readonly sink: WaySink<D>;
  /** Calls a method of the stream. */
  call(method: string, params: object): Promise<unknown>;
}

type State =
  /** Through the daemon. */
  | { readonly is: 'daemon' }
  | { readonly is: 'opening'; readonly lane: Lane; readonly opened: Promise<void> }
  | { readonly is: 'open'; readonly lane: Lane }
  /** The lane is gone, and the daemon is being told where it was. */
  | { readonly is: 'closing' }
  | { readonly is: 'disposed' };

interface Typed<D> {
  readonly parts: readonly D[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How one attachment's bytes go: through the daemon, or by a lane while there is one. */
export class Way<D> implements Disposable {
  readonly #parts: WayParts<D>;
  #state: State = { is: 'daemon' };
  /** Resolves once the lane there is is over, and the daemon knows. */
  #over: Promise<void> = Promise.resolve();
  #typed: Typed<D> | undefined;
  #limit = 0;
  /** Whether it waits for a last answer only. */
  #parting = false;
  /** Whether the stream is over, and only what its lane still has is to come. */
  #draining = false;

  constructor(parts: WayParts<D>) {
    this.#parts = parts;
  }

  /** Goes by a lane from where the stream is. */
  take(offer: LaneOffer): void {
    const { sink, paper } = this.#parts;
    const { offset: from } = sink.place();
    let at = from;
    let rest: Buffer | undefined;
    let clean = false;
    let settleOver = (): void => {};
    let settleOpened = (): void => {};
    this.#over = new Promise((resolve) => (settleOver = resolve));
    const opened = new Promise<void>((resolve) => (settleOpened = resolve));
    this.#limit = sink.limit();
    if (Buffer.byteLength(offer.socket) > socketPathLimit) {
      // Node cuts a longer one silently, and would find another socket.
      void this.#rejoin(false).then(settleOver, settleOver);
      return;
    }
    const lane = new Lane(
      offer,
      { offset: from, limit: this.#limit },
      {
        opened: () => {
          lane.settle();
          if (this.#state.is === 'opening') this.#state = { is: 'open', lane };
          settleOpened();
        },
        output: (offset, bytes) => {
          if (this.#state.is !== 'open') return;
          if (offset !== at) {
            lane.dispose();
            return;
          }
          at += bytes.length;
          const whole = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
          const start = at - whole.length;
          const { data, length } = paper.decode(whole);
          rest = length === whole.length ? undefined : Buffer.from(whole.subarray(length));
          if (length > 0) sink.output({ offset: start, end: start + length, data });
        },
        taken: () => {
          const typed = this.#typed;
          this.#typed = undefined;
          typed?.resolve();
        },
        full: () => {
          const typed = this.#typed;
          this.#typed = undefined;
          typed?.reject(fail('inputFull', { clone: this.#parts.clone, bytes: inputBytes }));
        },
        resized: (offset, size) => {
          if (this.#state.is === 'open') sink.resized(offset, size);
        },
        over: () => {
          clean = true;
          lane.dispose();
        },
        gone: () => {
          settleOpened();
          void this.#rejoin(clean).then(settleOver, settleOver);
        },
      },
    );
    this.#state = { is: 'opening', lane, opened };
  }

  /** Undefined when something can be typed, else resolves once it may be. */
  get ready(): Promise<void> | undefined {
    if (this.#state.is === 'opening') return this.#state.opened;
    return this.#state.is === 'closing' ? this.#over : undefined;
  }

  /** Types; one at a time. Rejects with inputFull where nothing was taken. */
  send(parts: readonly D[]): Promise<unknown> {
    const state = this.#state;
    if (state.is !== 'open' || !this.#parts.talks) return this.#write(parts);
    return new Promise<void>((resolve, reject) => {
      this.#typed = { parts, resolve, reject };
      state.lane.type(this.#parts.paper.bytes(parts));
    });
  }

  /** Lets more come, where the consumer has made room: not for every byte. */
  allow(stepBytes: number): void {
    if (this.#state.is !== 'open') return;
    const limit = this.#parts.sink.limit();
    if (limit - this.#limit < stepBytes) return;
    this.#limit = limit;
    this.#state.lane.allow(limit);
  }

  /** Goes back to the daemon in good order; resolves once it knows. */
  async back(): Promise<void> {
    if (this.#state.is === 'opening') await this.#state.opened;
    if (this.#state.is === 'open') this.#state.lane.leave();
    await this.#over;
  }

  /** The stream is over: undefined, or resolves once its lane has brought the rest. */
  drain(): Promise<void> | undefined {
    if (this.#state.is !== 'open' && this.#state.is !== 'opening') return undefined;
    this.#draining = true;
    this.#state.lane.expectEnd();
    return this.#over;
  }

  /** Waits a moment for what is being typed, and ends it. */
  async part(): Promise<void> {
    if (this.#typed !== undefined) {
      this.#parting = true;
      const { resolve, reject, parts } = this.#typed;
      const answered = new Promise<void>((answer) => {
        this.#typed = {
          parts,
          resolve: () => (resolve(), answer()),
          reject: (error) => (reject(error), answer()),
        };
      });
      const patience = new AbortController();
      const late = sleep(lastWordMs, undefined, { signal: patience.signal }).catch(() => {});
      await Promise.race([answered, late]);
      patience.abort();
      this.#parting = false;
    }
    this.dispose();
  }

  dispose(): void {
    if (this.#state.is === 'disposed' || this.#parting) return;
    const before = this.#state;
    this.#state = { is: 'disposed' };
    if ('lane' in before) before.lane.dispose();
    this.#lose(fail('connectionLost', {}));
  }

  #write(parts: readonly D[]): Promise<unknown> {
    return this.#parts.call('stream/write', { data: this.#parts.paper.write(parts) });
  }

  #lose(error: unknown): void {
    const typed = this.#typed;
    this.#typed = undefined;
    typed?.reject(error);
  }

  /** Goes on through the daemon. `clean`: what has no answer was not typed. */
  async #rejoin(clean: boolean): Promise<void> {
    if (this.#state.is === 'disposed' || this.#draining) return;
    const { sink } = this.#parts;
    if (this.#state.is !== 'open') sink.refused();
    this.#state = { is: 'closing' };
    const { offset, cols, rows } = sink.place();
    try {
      await this.#parts.call('stream/rejoin', { offset, cols, rows });
    } catch (error) {
      this.#lose(error);
      const told = isKhloneError(error, 'connectionLost') || isKhloneError(error, 'streamEnded');
      if (!told) sink.broken(error as Error);
      return;
    }
    this.#resume(clean);
  }

  #resume(clean: boolean): void {
    // Disposed of meanwhile.
    if (this.#state.is !== 'closing') return;
    this.#state = { is: 'daemon' };
    const typed = this.#typed;
    this.#typed = undefined;
    if (typed === undefined) return;
    // Nothing is ever typed twice.
    if (!clean) return typed.reject(fail('connectionLost', {}));
    this.#write(typed.parts).then(() => typed.resolve(), typed.reject);
  }
}
