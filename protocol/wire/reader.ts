import type { Socket } from 'node:net';
import { FrameDecoder, FrameError, type FrameLimits } from './frames.js';

/** Who receives what a FrameReader finds. */
export interface FrameSink {
  /** One complete body. */
  body(body: Buffer): void;
  /** The bytes cannot be framed; nothing more will come. */
  broken(error: FrameError): void;
  /** The peer has ended or the socket is gone; called once, last. `partial` is true if a frame was cut short. */
  ended(partial: boolean): void;
}

/** How much one connection may take of one turn of the event loop. */
export interface ReadBudget {
  readonly frames: number;
  readonly ms: number;
}

/** About a millisecond of work for the worst small frames; others get their turn in between. */
export const defaultReadBudget: ReadBudget = { frames: 64, ms: 4 };

/**
 * Reads frames off a socket, a bounded number per turn of the event loop: a peer that floods waits
 * in the kernel, not in memory, and never keeps others from being served.
 */
export class FrameReader {
  readonly #socket: Socket;
  readonly #sink: FrameSink;
  readonly #decoder: FrameDecoder;
  readonly #budget: ReadBudget;
  #state: 'reading' | 'held' | 'ended' = 'reading';
  #next: NodeJS.Immediate | undefined;
  /** Whether nothing more will come off the socket. */
  #eof = false;

  readonly #onData = (chunk: Buffer): void => {
    this.#decoder.push(chunk);
    if (this.#state === 'reading' && !this.#waiting) this.#pump();
  };
  // Node tells of the end while frames that came before it still wait here for their turn.
  readonly #onEnd = (): void => {
    this.#eof = true;
    if (!this.#waiting && this.#state !== 'held') this.#end();
  };
  readonly #onClose = (): void => {
    this.#eof = true;
    if (!this.#waiting) this.#end();
  };

  constructor(
    socket: Socket,
    sink: FrameSink,
    options: { readonly limits?: Partial<FrameLimits>; readonly budget?: ReadBudget } = {},
  ) {
    this.#socket = socket;
    this.#sink = sink;
    this.#decoder = new FrameDecoder(options.limits);
    this.#budget = options.budget ?? defaultReadBudget;
  }

  /** Begins to read; call once. */
  start(): void {
    this.#socket.on('data', this.#onData);
    this.#socket.once('end', this.#onEnd);
    this.#socket.once('close', this.#onClose);
  }

  /** Takes no more frames until `release`; the peer then waits in the kernel. */
  hold(): void {
    if (this.#state !== 'reading') return;
    this.#state = 'held';
    this.#socket.pause();
  }

  /** Goes on after `hold`. */
  release(): void {
    if (this.#state !== 'held') return;
    this.#state = 'reading';
    this.#schedule();
  }

  /** Stops for good and throws away what still comes, so that a closing peer is not reset before it has read. */
  discard(): void {
    if (this.#state === 'ended') return;
    this.#stop();
    this.#socket.resume();
  }

  /** Whether frames wait for the next turn of the event loop. */
  get #waiting(): boolean {
    return this.#state === 'reading' && this.#next !== undefined;
  }

  #schedule(): void {
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      if (this.#state === 'reading') this.#pump();
    });
  }

  #pump(): void {
    const started = performance.now();
    try {
      for (let count = 0; this.#state === 'reading'; count++) {
        if (
          count === this.#budget.frames ||
          (count % 8 === 7 && performance.now() - started > this.#budget.ms)
        ) {
          this.#socket.pause();
          this.#schedule();
          return;
        }
        const body = this.#decoder.next();
        if (body === undefined) break;
        this.#sink.body(body);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.discard();
      this.#sink.broken(error);
      return;
    }
    if (this.#state !== 'reading') return;
    if (this.#eof) this.#end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #stop(): void {
    this.#state = 'ended';
    if (this.#next !== undefined) clearImmediate(this.#next);
    this.#next = undefined;
    this.#socket.off('data', this.#onData);
  }

  #end(): void {
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
    const partial = this.#state !== 'ended' && this.#decoder.partial;
    this.#stop();
    this.#sink.ended(partial);
  }
}
