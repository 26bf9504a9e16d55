import { outputFrame } from './frames.js';
import type { Lanes } from './lanes.js';
import { SpoolWriter } from './spool.js';
import { fromHolder, type HeldSize } from './wire.js';

/** Piece in which a reader that was behind gets what it missed, in bytes. */
const pieceBytes = 64 * 1024;
/** Most that pipes may be ahead of the daemon, in bytes. */
const pipeBytes = 1024 * 1024 * 1024;
/** How long output may wait for a daemon that is in no hurry, in ms. */
const unhurriedMs = 10;

/** Who gets the output: the connection there is. */
export interface OutletReader {
  /** Whether it takes no more for now. */
  pressed(): boolean;
  send(frame: Buffer): void;
}

/**
 * One channel of a brain's output: to the clients that have a lane, into the spool, and on to the daemon, at once while
 * it keeps up.
 */
export class Outlet {
  readonly spool: SpoolWriter;
  /** Those of a terminal, once there is one. */
  lanes: Lanes | undefined;
  /** Whether the daemon wants output at once. */
  hurried = true;
  readonly #channel: number;
  readonly #kept: boolean;
  #reader: OutletReader | undefined;
  /** What the reader gets next; it is read by nobody while there is none. */
  #at = 0;
  #consumed = 0;
  #soon: NodeJS.Timeout | undefined;
  /** What is to be done once the reader has come so far. */
  #marks: { readonly end: number; readonly work: () => void }[] = [];

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
    const reader = this.#reader;
    const whole =
      reader !== undefined || this.lanes !== undefined
        ? outputFrame(fromHolder.output, this.#channel, { offset, chunk })
        : undefined;
    if (whole !== undefined) this.lanes?.push(offset, whole, chunk.length);
    this.spool.append(chunk);
    this.lanes?.serve();
    if (reader !== undefined && whole !== undefined && this.#at === offset && !reader.pressed()) {
      if (this.hurried) {
        reader.send(whole);
        this.#at = this.spool.end;
        if (this.#marks.length > 0) this.#pass();
      } else {
        this.#serveSoon();
      }
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
    this.#marks = [];
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.hurried = true;
  }

  /** Runs `work` once the reader has all there is now. */
  afterwards(work: () => void): void {
    this.#marks.push({ end: this.spool.end, work });
    this.serve();
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
    this.#pass();
  }

  #pass(): void {
    while (this.#marks[0] !== undefined && this.#marks[0].end <= this.#at) this.#marks.shift()?.work();
  }

  /** A daemon that is in no hurry gets much at once, from the spool. */
  #serveSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.serve();
    }, unhurriedMs);
  }

  consumed(offset: number): void {
    if (this.#kept) return;
    this.#consumed = Math.max(this.#consumed, Math.min(offset, this.spool.end));
    this.spool.consumed(this.#consumed);
  }
}
