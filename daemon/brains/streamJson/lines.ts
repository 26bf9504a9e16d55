/** Bytes a line may have before it is dropped: far above any tool output seen, far below what would hurt the daemon. */
const defaultLineLimit = 64 * 1024 * 1024;

const newline = 0x0a;

/** What a splitter hears: whole lines, and the size of those it had to drop. */
export interface LineSink {
  line(text: string): void;
  overflow(limit: number): void;
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

  constructor(sink: LineSink, limit: number = defaultLineLimit) {
    this.#sink = sink;
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end));
      this.#finish();
      from = end + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** Gives out a last line that no newline ends. */
  end(): void {
    if (this.#length > 0 || this.#dropping) this.#finish();
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

  #finish(): void {
    const parts = this.#parts;
    const dropped = this.#dropping;
    const length = this.#length;
    this.#parts = [];
    this.#length = 0;
    this.#dropping = false;
    if (dropped) {
      this.#sink.overflow(this.#limit);
      return;
    }
    const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
    const text = whole.toString('utf8').trimEnd();
    if (text !== '') this.#sink.line(text);
  }
}
