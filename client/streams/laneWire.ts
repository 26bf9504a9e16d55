import type { StreamSize } from './options.js';

/** Types of frames to the holder; docs/lanes.md has them all. */
export const toHolder = { hello: 1, input: 2, allow: 3, leave: 4 } as const;

/** Types of frames from the holder. */
export const fromHolder = { opened: 16, output: 19, taken: 20, full: 21, resized: 22, over: 23 } as const;

/** `u32 length | u8 type`. */
const headBytes = 5;
/** That, and `u8 channel | u64 offset`. */
const outputHeadBytes = headBytes + 9;
/** Longest frame that is no output, in bytes. */
const smallBytes = 64;
/** Longest output, in bytes after its length. */
const longBytes = 16 * 1024 * 1024;

/** One frame: `u32 length | u8 type | payload`, big-endian; the length counts type and payload. */
export function laneFrame(type: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const whole = Buffer.allocUnsafe(headBytes + payload.length);
  whole.writeUInt32BE(payload.length + 1, 0);
  whole[4] = type;
  whole.set(payload, headBytes);
  return whole;
}

/** Places as u64, one after another. */
export function places(...all: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(8 * all.length);
  for (const [at, place] of all.entries()) {
    bytes.writeUInt32BE(Math.floor(place / 2 ** 32), at * 8);
    bytes.writeUInt32BE(place % 2 ** 32, at * 8 + 4);
  }
  return bytes;
}

const placeAt = (from: Buffer, at: number): number =>
  from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4);

/** Who hears what a holder says, in order. */
export interface LaneFrames {
  opened(): void;
  /** A piece of output; the bytes are only lent. */
  output(offset: number, bytes: Buffer): void;
  taken(): void;
  full(): void;
  resized(offset: number, size: StreamSize): void;
  over(offset: number): void;
}

/** Cuts what a lane's socket brings into frames; output is told as it comes, before its frame is whole. */
export class LaneReader {
  readonly #to: LaneFrames;
  readonly #head = Buffer.alloc(smallBytes);
  #have = 0;
  /** What is to come of the output that has begun, and where it goes on. */
  #left = 0;
  #offset = 0;

  constructor(to: LaneFrames) {
    this.#to = to;
  }

  /** @throws RangeError where the other side speaks something else */
  push(data: Buffer): void {
    for (let at = 0; at < data.length;) {
      if (this.#left > 0) {
        const bytes = data.subarray(at, at + this.#left);
        const offset = this.#offset;
        at += bytes.length;
        this.#left -= bytes.length;
        this.#offset += bytes.length;
        this.#to.output(offset, bytes);
        continue;
      }
      const missing = this.#need() - this.#have;
      const copied = data.copy(this.#head, this.#have, at, at + missing);
      this.#have += copied;
      at += copied;
      if (copied === missing && this.#have === this.#need()) this.#begin();
    }
  }

  /** How many bytes there have to be before something can be done with them. */
  #need(): number {
    if (this.#have < headBytes) return headBytes;
    const length = this.#head.readUInt32BE(0);
    const output = this.#head[4] === fromHolder.output;
    if (output ? length < outputHeadBytes - 4 || length > longBytes : length < 1 || length > smallBytes - 4) {
      throw new RangeError(`a frame of ${length} bytes`);
    }
    return output ? outputHeadBytes : 4 + length;
  }

  #begin(): void {
    const head = this.#head;
    this.#have = 0;
    switch (head[4]) {
      case fromHolder.output:
        this.#left = head.readUInt32BE(0) - (outputHeadBytes - 4);
        this.#offset = placeAt(head, headBytes + 1);
        return;
      case fromHolder.opened:
        return this.#to.opened();
      case fromHolder.taken:
        return this.#to.taken();
      case fromHolder.full:
        return this.#to.full();
      case fromHolder.resized: {
        const size = {
          cols: head.readUInt16BE(headBytes + 8),
          rows: head.readUInt16BE(headBytes + 10),
        };
        return this.#to.resized(placeAt(head, headBytes), size);
      }
      case fromHolder.over:
        return this.#to.over(placeAt(head, headBytes));
      default:
      // What a later release says besides.
    }
  }
}
