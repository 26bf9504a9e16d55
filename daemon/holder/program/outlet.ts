import { outputFrame } from './frames.js';
import { SpoolWriter } from './spool.js';
import { fromHolder, type HeldSize } from './wire.js';

/** Piece in which a reader that was behind gets what it missed, in bytes. */
const pieceBytes = 64 * 1024;
/** Most that pipes may be ahead of the daemon, in bytes. */
const pipeBytes = 1024 * 1024 * 1024;

/** Who gets the output: the connection there is. */
export interface OutletReader {
  /** Whether it takes no more for now. */
  pressed(): boolean;
  send(frame: Buffer): void;
}

/** One channel of a brain's output: into the spool, and on to the daemon, at once while it keeps up. */
export class Outlet {
  readonly spool: SpoolWriter;
  readonly #channel: number;
  readonly #kept: boolean;
  #reader: OutletReader | undefined;
  /** What the reader gets next; it is read by nobody while there is none. */
  #at = 0;
  #consumed = 0;

  constructor(channel: number, size?: HeldSize) {
    this.#channel = channel;
    this.#kept = size !== undefined;
    this.spool = new SpoolWriter(channel, size);
  }

  /** Whether somebody reads, and has had all there is. */
  get served(): boolean {
    return this.#reader !== undefined && this.#at >= this.spool.end;
  }

  /** Whether pipes may go on: a terminal is never stopped for its reader. */
  get roomy(): boolean {
    return this.#kept || this.spool.end - this.#consumed < pipeBytes;
  }

  push(chunk: Buffer): void {
    const offset = this.spool.end;
    this.spool.append(chunk);
    if (this.#reader !== undefined && this.#at === offset && !this.#reader.pressed()) {
      this.#reader.send(outputFrame(fromHolder.output, this.#channel, { offset, chunk }));
      this.#at = this.spool.end;
    }
    this.spool.mark(offset);
  }

  read(from: number, reader: OutletReader): void {
    this.#at = Math.min(from, this.spool.end);
    this.#reader = reader;
    this.serve();
  }

  leave(): void {
    this.#reader = undefined;
  }

  /** Sends what the reader has missed, as far as it takes it. */
  serve(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    while (this.#at < this.spool.end && !reader.pressed()) {
      const offset = Math.max(this.#at, this.spool.start);
      const chunk = this.spool.read(offset, pieceBytes);
      // What the disk has lost is lost.
      this.#at = chunk === undefined || chunk.length === 0 ? this.spool.end : offset + chunk.length;
      if (chunk !== undefined && chunk.length > 0)
        reader.send(outputFrame(fromHolder.output, this.#channel, { offset, chunk }));
    }
  }

  consumed(offset: number): void {
    if (this.#kept) return;
    this.#consumed = Math.max(this.#consumed, Math.min(offset, this.spool.end));
    this.spool.consumed(this.#consumed);
  }
}
