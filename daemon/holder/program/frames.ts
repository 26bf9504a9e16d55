/** Longest frame, in bytes after its length; a program's whole environment and arguments fit. */
const frameLimit = 16 * 1024 * 1024;
const headBytes = 5;
const offsetBytes = 8;
const outputHeadBytes = headBytes + 1 + offsetBytes;

/** One frame: `u32 length | u8 type | payload`, big-endian; the length counts type and payload. */
export function frame(type: number, payload: Buffer | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const whole = Buffer.allocUnsafe(headBytes + bytes);
  whole.writeUInt32BE(bytes + 1, 0);
  whole[4] = type;
  if (typeof payload === 'string') whole.write(payload, headBytes);
  else payload.copy(whole, headBytes);
  return whole;
}

/** A frame of a channel's bytes, copied once: `u8 channel | u64 offset | bytes`. */
export function outputFrame(type: number, channel: number, at: { offset: number; chunk: Buffer }): Buffer {
  const whole = Buffer.allocUnsafe(outputHeadBytes + at.chunk.length);
  whole.writeUInt32BE(whole.length - 4, 0);
  whole[4] = type;
  whole[5] = channel;
  putOffset(whole, 6, at.offset);
  at.chunk.copy(whole, outputHeadBytes);
  return whole;
}

/** Writes a whole number below 2^53 as u64. */
export function putOffset(into: Buffer, at: number, offset: number): void {
  into.writeUInt32BE(Math.floor(offset / 2 ** 32), at);
  into.writeUInt32BE(offset % 2 ** 32, at + 4);
}

/** Reads what `putOffset` wrote. */
export function takeOffset(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4);
}

/** A payload of `u8 channel | u64 offset`. */
export function channelOffset(channel: number, offset: number): Buffer {
  const payload = Buffer.allocUnsafe(1 + offsetBytes);
  payload[0] = channel;
  putOffset(payload, 1, offset);
  return payload;
}

/** Cuts what a socket brings into frames. */
export class FrameReader {
  readonly #each: (type: number, payload: Buffer) => void;
  readonly #limit: number;
  #rest: Buffer | undefined;

  /** `limit`: longest frame, in bytes after its length. */
  constructor(each: (type: number, payload: Buffer) => void, limit = frameLimit) {
    this.#each = each;
    this.#limit = limit;
  }

  /** @throws RangeError when a frame is empty or too long: the other side speaks something else */
  push(chunk: Buffer): void {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (data.length - at >= 4) {
      const length = data.readUInt32BE(at);
      if (length === 0 || length > this.#limit) throw new RangeError(`a frame of ${length} bytes`);
      const end = at + 4 + length;
      if (end > data.length) break;
      this.#each(data[at + 4] ?? 0, data.subarray(at + headBytes, end));
      at = end;
    }
    this.#rest = at === data.length ? undefined : data.subarray(at);
  }
}
