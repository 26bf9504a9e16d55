/** Bytes a line may have before it is dropped: far above any tool output seen, far below what would hurt the daemon. */
const defaultLineLimit = 64 * 1024 * 1024;

const newline = 0x0a;

/** What a splitter hears: whole lines, and the size of those it had to drop; `end` is the offset behind the line. */
export interface LineSink {
  line(text: string, end: number): void;
  overflow(limit: number, end: number): void;
}

/**
 * Cuts a byte stream into lines. Every byte is looked at once and copied at most once, however the
 * chunks fall; characters cut by a chunk's edge come out whole.
 */
export class LineSplitter {
  readonly #sink: LineSink;
  readonly #limit: number;
  #parts: Buffer[] = [];
  #length = 0;
  #dropping = false;
  /** Offset behind the last chunk. */
  #end = 0;

  constructor(sink: LineSink, limit: number = defaultLineLimit) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** `offset` is that of the chunk's first byte; it follows on the one before when left out. */
  push(chunk: Buffer, offset: number = this.#end): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end));
      from = end + 1;
      this.#finish(offset + from);
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
    this.#end = offset + chunk.length;
  }

  /** Gives out a last line that no newline ends. */
  end(): void {
    if (this.#length > 0 || this.#dropping) this.#finish(this.#end);
  }

  #add(part: Buffer): void {
    if (this.#dropping || part.length === 0) return;
    this.#length += part.length;
    if (this.#length > this.#limit) {
      this.#parts = [];
      this.#length = 0;
      this.#dropping = true;
      return;
    }
    this.#parts.push(part);
  }

  #finish(end: number): void {
    const parts = this.#parts;
    const dropped = this.#dropping;
    const length = this.#length;
    this.#parts = [];
    this.#length = 0;
    this.#dropping = false;
    if (dropped) {
      this.#sink.overflow(this.#limit, end);
      return;
    }
    const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
    const text = whole.toString('utf8').trimEnd();
    if (text !== '') this.#sink.line(text, end);
  }
}
