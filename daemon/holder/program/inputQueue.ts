import { writeSync } from 'node:fs';

/** Most that is written at once, in bytes: a longer write to a program that does not read never returns. */
const sliceBytes = 4096;
/** Most that may wait, in bytes; the daemon keeps to it, and more is dropped. */
const queueBytes = 4 * 1024 * 1024;
/** Between two tries at a terminal that takes no more, in ms: doubled from the first to the last. */
const firstPauseMs = 1;
const lastPauseMs = 16;
/** How often it is told what was taken, in bytes; beyond that, whenever all that had to wait is gone. */
const tellBytes = 64 * 1024;

/** Writes to a terminal's master as much as it takes, and keeps the rest. */
export class InputQueue {
  readonly #master: number;
  readonly #tell: (taken: number) => void;
  #queue: Buffer[] = [];
  #waiting = 0;
  #taken = 0;
  #told = 0;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(master: number, tell: (taken: number) => void) {
    this.#master = master;
    this.#tell = tell;
  }

  push(data: Buffer): void {
    if (this.#closed || this.#waiting + data.length > queueBytes + tellBytes) {
      this.#take(data.length);
      this.#report();
      return;
    }
    this.#queue.push(data);
    this.#waiting += data.length;
    if (this.#timer === undefined) this.#pump();
  }

  /** Drops what waits: nobody will read it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#take(this.#waiting);
    this.#queue = [];
    this.#report();
  }

  #pump(): void {
    const waited = this.#timer !== undefined;
    this.#timer = undefined;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      let written: number;
      try {
        written = writeSync(this.#master, head, 0, Math.min(sliceBytes, head.length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return this.close();
        this.#timer = setTimeout(() => this.#pump(), this.#pauseMs);
        this.#pauseMs = Math.min(this.#pauseMs * 2, lastPauseMs);
        if (this.#taken - this.#told >= tellBytes) this.#report();
        return;
      }
      this.#pauseMs = firstPauseMs;
      this.#waiting -= written;
      this.#take(written);
      if (written === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(written);
    }
    if (waited || this.#taken - this.#told >= tellBytes) this.#report();
  }

  #take(bytes: number): void {
    this.#taken += bytes;
  }

  #report(): void {
    if (this.#told === this.#taken) return;
    this.#told = this.#taken;
    this.#tell(this.#taken);
  }
}
