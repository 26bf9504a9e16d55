import type { Socket } from 'node:net';
import { defaultFrameLimits, encodeFrame, frameHeader, frameOf } from './frames.js';

/** How much may wait for a peer that does not read, in bytes. */
export interface WriterLimits {
  /** From here on the connection is under pressure: whoever can gather or leave out should. */
  readonly pressureBytes: number;
  /** From here on the peer is let go. */
  readonly overflowBytes: number;
  /** Longest single body; a longer one is refused. */
  readonly bodyBytes: number;
}

/** Pressure at 1 MiB, overflow at 8 MiB, bodies as the reader takes them. */
export const defaultWriterLimits: WriterLimits = {
  pressureBytes: 1024 * 1024,
  overflowBytes: 8 * 1024 * 1024,
  bodyBytes: defaultFrameLimits.bodyBytes,
};

/** What became of a message: on its way, too long for one frame, or the socket is gone. */
export type WriteOutcome = 'sent' | 'tooLong' | 'gone';

/** A message that is JSON already, in three parts; all but the middle one are ASCII. */
export interface JsonParts {
  readonly before: string;
  /** Text, or, where it is long and goes to several, its bytes in UTF-8. */
  readonly middle: string | Buffer;
  readonly after: string;
}

/** Who hears of a writer's changes. */
export interface WriterSink {
  /** Pressure has begun. */
  pressed?(): void;
  /** Pressure is over: what waits has fallen to half the mark. */
  drained?(): void;
  /** The peer has left `bytes` unread, over the limit; called once. */
  overflowed?(bytes: number): void;
}

/**
 * Writes each message as one frame in one socket write, and counts the bytes the kernel has not
 * taken yet (Node's own count is in characters, and hides what it has handed to libuv).
 */
export class FrameWriter {
  readonly #socket: Socket;
  readonly #sink: WriterSink;
  readonly #limits: WriterLimits;
  #queued = 0;
  #state: 'easy' | 'pressed' | 'overflowed' = 'easy';

  constructor(socket: Socket, sink: WriterSink = {}, limits: Partial<WriterLimits> = {}) {
    this.#socket = socket;
    this.#sink = sink;
    this.#limits = { ...defaultWriterLimits, ...limits };
  }

  /** Bytes written here that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#queued;
  }

  /** Whether the peer is behind: from `pressureBytes` waiting until `drained` is told. */
  get pressed(): boolean {
    return this.#state !== 'easy';
  }

  /** Sends one message. Never throws for what the peer does. */
  write(message: object): WriteOutcome {
    return this.#gone ? 'gone' : this.#send(encodeFrame(message));
  }

  /** Sends one message whose JSON is made already; `taken` is called once the kernel has it, and not if it never does. */
  writeJson({ before, middle, after }: JsonParts, taken: () => void): WriteOutcome {
    if (this.#gone) return 'gone';
    if (typeof middle === 'string') return this.#send(frameOf(before + middle + after), taken);
    const length = before.length + middle.length + after.length;
    const head = frameHeader(length) + before;
    const bytes = head.length + middle.length + after.length;
    if (bytes > this.#limits.bodyBytes) return 'tooLong';
    const socket = this.#socket;
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(middle);
    socket.write(after, 'latin1', (error) => this.#taken(bytes, error, taken));
    socket.uncork();
    this.#count(bytes);
    return 'sent';
  }

  get #gone(): boolean {
    return !this.#socket.writable || this.#state === 'overflowed';
  }

  #send({ text, bytes }: ReturnType<typeof frameOf>, taken?: () => void): WriteOutcome {
    if (bytes > this.#limits.bodyBytes) return 'tooLong';
    // What is all ASCII is copied, and not encoded.
    const encoding = text.length === bytes ? 'latin1' : 'utf8';
    this.#socket.write(text, encoding, (error) => this.#taken(bytes, error, taken));
    this.#count(bytes);
    return 'sent';
  }

  #count(bytes: number): void {
    this.#queued += bytes;
    if (this.#queued >= this.#limits.overflowBytes) {
      this.#state = 'overflowed';
      this.#sink.overflowed?.(this.#queued);
    } else if (this.#state === 'easy' && this.#queued >= this.#limits.pressureBytes) {
      this.#state = 'pressed';
      this.#sink.pressed?.();
    }
  }

  /** Sends one last message, whatever waits already, and ends this side of the socket. */
  finish(message?: object): void {
    if (!this.#socket.writable) return;
    if (message === undefined) this.#socket.end();
    else this.#socket.end(encodeFrame(message).text, 'utf8');
  }

  #taken(bytes: number, error: Error | null | undefined, taken?: () => void): void {
    this.#queued -= bytes;
    if (this.#state === 'pressed' && this.#queued <= this.#limits.pressureBytes / 2) {
      this.#state = 'easy';
      this.#sink.drained?.();
    }
    // Node tells of no error where a socket is destroyed over a write.
    if (!error && !this.#socket.destroyed) taken?.();
  }
}
