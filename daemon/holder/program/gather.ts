/** Output without a pause from which on it is bulk, in bytes: what a program draws at once is less. */
const bulkBytes = 16 * 1024;
/** What is gathered at most, in bytes. */
const pieceBytes = 32 * 1024;
/** A pause, and how long bulk waits for more at most, in ms. */
const pauseMs = 1;

/**
 * Passes output on as it is read, in pieces of 4 KiB as the kernel has them; only what is printed in bulk is gathered
 * into longer ones, for everything that is done for each of them costs time.
 */
export class Gather {
  readonly #to: (chunk: Buffer) => void;
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  #length = 0;
  /** Bytes since the last pause, and when the last of them came. */
  #burst = 0;
  #lastAt = 0;
  /** Whether it will be looked at once the pause is over. */
  #soon = false;

  /** The chunk is only lent, here and there. */
  constructor(to: (chunk: Buffer) => void) {
    this.#to = to;
  }

  push(chunk: Buffer): void {
    const now = performance.now();
    this.#burst = now - this.#lastAt < pauseMs ? this.#burst + chunk.length : chunk.length;
    this.#lastAt = now;
    if (this.#length + chunk.length > pieceBytes) this.flush();
    if (this.#length === 0 && (this.#burst < bulkBytes || chunk.length > pieceBytes)) return this.#to(chunk);
    chunk.copy(this.#piece, this.#length);
    this.#length += chunk.length;
    if (this.#soon) return;
    this.#soon = true;
    setTimeout(() => {
      this.#soon = false;
      this.flush();
    }, pauseMs);
  }

  /** Passes on what was gathered. */
  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    this.#to(this.#piece.subarray(0, length));
  }
}
