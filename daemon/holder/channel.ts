import { type Disposable, Emitter } from '../lifecycle.js';

/** Most that is kept for a first listener that does not come, in bytes. */
const keptBytes = 4 * 1024 * 1024;

interface Chunk {
  readonly offset: number;
  readonly chunk: Buffer;
}

/** One channel of output: kept for its first listener, so that nothing is missed, and told in order. */
export class Channel {
  /** Offset after the last byte that was told. */
  end: number;
  readonly #chunks = new Emitter<Chunk>();
  #kept: Chunk[] | undefined = [];
  #bytes = 0;

  constructor(from: number) {
    this.end = from;
  }

  on(listener: (offset: number, chunk: Buffer) => void): Disposable {
    const subscription = this.#chunks.on(({ offset, chunk }) => listener(offset, chunk));
    if (this.#kept !== undefined) queueMicrotask(() => this.#flow());
    return subscription;
  }

  push(offset: number, chunk: Buffer): void {
    if (this.#kept === undefined) return this.#tell({ offset, chunk });
    this.#kept.push({ offset, chunk });
    this.#bytes += chunk.length;
    if (this.#bytes > keptBytes) this.#flow();
  }

  /** Tells all that is left. */
  close(): void {
    this.#flow();
    this.#chunks.dispose();
  }

  #flow(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const chunk of kept) this.#tell(chunk);
  }

  #tell(piece: Chunk): void {
    this.end = piece.offset + piece.chunk.length;
    this.#chunks.fire(piece);
  }
}
