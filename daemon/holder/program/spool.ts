import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { markBytes, marksName, readSegments, segmentName } from './segments.js';
import type { HeldSize } from './wire.js';

/** Size from which on a segment is followed by the next, in bytes. */
const segmentBytes = 8 * 1024 * 1024;
/** Least of a terminal's output that is kept, in bytes. */
const terminalBytes = 32 * 1024 * 1024;
/** Time within which all output has one mark, in ms. */
const markMs = 10;
/** Marks from which on a segment is followed by the next too: whoever looks for a time reads all of its file. */
const segmentMarks = 50_000;

interface Segment {
  readonly start: number;
  readonly fd: number;
  readonly marks: number | undefined;
}

/**
 * Writes one channel's output down, in the folder this process works in. Output that the disk refuses is not kept, and
 * nothing before it: `start` moves past it. The brain is not to wait for room that may never come.
 */
export class SpoolWriter {
  start = 0;
  end = 0;
  readonly #channel: number;
  /** Where segments begin, the last one included. */
  readonly #starts: number[] = [];
  #size: HeldSize | undefined;
  #last: Segment | undefined;
  /** Marks of the last segment. */
  #marks = 0;
  #markedAt = 0;

  /** A terminal's spool has a size, marks, and a limit of its own. */
  constructor(channel: number, size?: HeldSize) {
    this.#channel = channel;
    this.#size = size;
    if (size !== undefined) this.#attempt(() => this.#open());
  }

  append(chunk: Buffer): void {
    const offset = this.end;
    this.end += chunk.length;
    this.#attempt(() => {
      const { fd } = this.#last && !this.#isFull(this.#last, offset) ? this.#last : this.#open(offset);
      for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
    });
  }

  /** Notes the time of the piece of output that begins at `offset`. */
  mark(offset: number): void {
    const now = Date.now();
    if (now - this.#markedAt < markMs) return;
    this.#markedAt = now;
    this.#attempt(() => this.#write(this.#last, offset));
  }

  /** Notes a terminal's new size. */
  resize(size: HeldSize): void {
    this.#size = size;
    this.#attempt(() => this.#write(this.#last, this.end, size));
  }

  /** What lies before is read and need not be kept. */
  consumed(offset: number): void {
    while ((this.#starts[1] ?? Infinity) <= offset) this.#drop();
  }

  /** Up to `max` bytes from there; undefined when they are no longer kept. */
  read(offset: number, max: number): Buffer | undefined {
    if (offset < this.start) return undefined;
    const last = this.#last;
    // Most often it is the newest that is read, which is open.
    if (last === undefined || offset < last.start) return readSegments('.', this.#channel, { offset, max });
    const into = Buffer.allocUnsafe(Math.min(max, this.end - offset));
    try {
      return into.subarray(0, readSync(last.fd, into, 0, into.length, offset - last.start));
    } catch {
      return undefined;
    }
  }

  #isFull({ start }: Segment, end: number): boolean {
    return end - start >= segmentBytes || (this.#marks >= segmentMarks && end > start);
  }

  #open(start = this.end): Segment {
    this.#close();
    this.#marks = 0;
    const name = segmentName(this.#channel, start);
    const fd = openSync(name, 'a+');
    this.#starts.push(start);
    this.#last = { start, fd, marks: undefined };
    if (this.#size !== undefined) {
      this.#last = { start, fd, marks: openSync(marksName(name), 'a') };
      this.#write(this.#last, start, this.#size);
      while (start - (this.#starts[1] ?? Infinity) >= terminalBytes) this.#drop();
    }
    return this.#last;
  }

  #write(segment: Segment | undefined, offset: number, size?: HeldSize): void {
    if (segment?.marks === undefined) return;
    const mark = Buffer.alloc(markBytes);
    mark.writeDoubleBE(Date.now(), 0);
    mark.writeDoubleBE(offset, 8);
    mark.writeUInt16BE(size?.cols ?? 0, 16);
    mark.writeUInt16BE(size?.rows ?? 0, 18);
    writeSync(segment.marks, mark);
    this.#marks += 1;
  }

  #close(): void {
    if (this.#last === undefined) return;
    closeSync(this.#last.fd);
    if (this.#last.marks !== undefined) closeSync(this.#last.marks);
    this.#last = undefined;
  }

  /** Removes the oldest segment. */
  #drop(): void {
    const name = segmentName(this.#channel, this.#starts.shift() ?? 0);
    rmSync(name, { force: true });
    rmSync(marksName(name), { force: true });
    this.start = this.#starts[0] ?? this.end;
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch {
      this.#close();
      while (this.#starts.length > 0) this.#drop();
      this.start = this.end;
    }
  }
}
