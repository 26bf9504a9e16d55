import type { Spool } from '../holder/contract.js';
import type { ScreenSource } from './contract.js';
import { Ring } from './ring.js';

/** What is kept in memory of each terminal's output, for all its viewers together. */
const memoryBytes = 1024 * 1024;

/** The output of one terminal as far as it was heard: the newest in memory, the rest in its spool. */
export class Output implements ScreenSource {
  readonly #spool: Spool;
  readonly #ring: Ring;

  /** Heard up to a place so far. */
  constructor(spool: Spool, heard: number) {
    this.#spool = spool;
    this.#ring = new Ring(memoryBytes, heard);
  }

  /** Offset of the first byte that is kept. */
  get start(): number {
    return Math.min(this.#spool.start, this.#ring.start);
  }

  get end(): number {
    return this.#ring.end;
  }

  /** Takes what was heard; false if it was all known. What was missed before it is in the spool. */
  append(offset: number, chunk: Buffer): boolean {
    const known = this.#ring.end - offset;
    if (known >= chunk.length) return false;
    if (known < 0) this.#ring.restart(offset);
    this.#ring.append(known > 0 ? chunk.subarray(known) : chunk);
    return true;
  }

  read(offset: number, max: number): Buffer | undefined {
    if (offset >= this.#ring.start) return this.#ring.read(offset, max);
    return this.#spool.read(offset, Math.min(max, this.#ring.end - offset));
  }
}
