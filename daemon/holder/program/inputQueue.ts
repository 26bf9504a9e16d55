import { writeSync } from 'node:fs';

/** Most that is written at once, in bytes: a longer write to a program that does not read never returns. */
const sliceBytes = 4096;
/** Most that may wait, in bytes; the daemon keeps to it, and more is dropped, or refused to a lane. */
const queueBytes = 4 * 1024 * 1024;
/** What each piece that waits costs beyond its bytes: many of one key each are to be bounded too. */
const entryBytes = 256;
/** Between two tries at a terminal that takes no more, in ms: doubled from the first to the last. */
const firstPauseMs = 1;
const lastPauseMs = 16;
/** How often it is told what was taken, in bytes; beyond that, whenever all that had to wait is gone. */
const tellBytes = 64 * 1024;

interface Entry {
  readonly data: Buffer;
  /** Whether it came by the daemon, which counts what it has sent. */
  readonly counted: boolean;
}

/** Writes to a terminal's master as much as it takes, and keeps the rest. */
export class InputQueue {
  readonly #master: number;
  readonly #tell: (taken: number) => void;
  #queue: Entry[] = [];
  #waiting = 0;
  /** Of that, what the daemon counts. */
  #counted = 0;
  #taken = 0;
  #told = 0;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(master: number, tell: (taken: number) => void) {
    this.#master = master;
    this.#tell = tell;
  }

  /** From the daemon: what is beyond the bound is dropped. */
  push(data: Buffer): void {
    if (this.#closed || this.#counted + data.length > queueBytes + tellBytes) {
      this.#taken += data.length;
      this.#report();
      return;
    }
    this.#counted += data.length;
    this.#add({ data, counted: true });
  }

  /** From a lane, which is not counted as taken; false, and nothing is queued, where too much waits. */
  offer(data: Buffer): boolean {
    if (this.#closed) return true;
    if (this.#waiting + data.length + this.#queue.length * entryBytes > queueBytes) return false;
    this.#add({ data, counted: false });
    return true;
  }

  /** Drops what waits: nobody will read it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#taken += this.#counted;
    this.#counted = 0;
    this.#waiting = 0;
    this.#queue = [];
    this.#report();
  }

  #add(entry: Entry): void {
    this.#queue.push(entry);
    this.#waiting += entry.data.length;
    if (this.#timer === undefined) this.#pump();
  }

  #pump(): void {
    const waited = this.#timer !== undefined;
    this.#timer = undefined;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const { data, counted } = head;
      let written: number;
      try {
        written = writeSync(this.#master, data, 0, Math.min(sliceBytes, data.length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return this.close();
        this.#timer = setTimeout(() => this.#pump(), this.#pauseMs);
        this.#pauseMs = Math.min(this.#pauseMs * 2, lastPauseMs);
        if (this.#taken - this.#told >= tellBytes) this.#report();
        return;
      }
      this.#pauseMs = firstPauseMs;
      this.#waiting -= written;
      if (counted) {
        this.#counted -= written;
        this.#taken += written;
      }
      if (written === data.length) this.#queue.shift();
      else this.#queue[0] = { data: data.subarray(written), counted };
    }
    if (waited || this.#taken - this.#told >= tellBytes) this.#report();
  }

  #report(): void {
    if (this.#told === this.#taken) return;
    this.#told = this.#taken;
    this.#tell(this.#taken);
  }
}
