import { unfinishedBytes } from '../../protocol/wire/characters.js';
import { fail } from '../../protocol/fail.js';

/** What a stream's data is made of on this side, and how it goes over the wire. */
export interface Paper<D> {
  /** What came over the wire, for the consumer. */
  read(wire: string): D;
  /** @throws invalidParams for bytes that are no text */
  take(data: string | Uint8Array): D;
  /** All of them in order, as they go over the wire. */
  write(parts: readonly D[]): string;
  /** The same as bytes, for a lane. */
  bytes(parts: readonly D[]): Uint8Array;
  /** What a lane brought, for the consumer: without the beginning of a character, whose rest is to come. The bytes are only lent. */
  decode(bytes: Buffer): { readonly data: D; readonly length: number };
  length(data: D): number;
  /** From one place to another; never through a character, so up to one more than asked for. */
  cut(data: D, from: number, length: number): D;
}

/** Text. Bytes that are typed are taken for UTF-8, a character cut in two waits for its other half. */
export function textPaper(): Paper<string> {
  let decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array, stream: boolean): string => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      const message = "bytes that are not UTF-8 can be typed with encoding 'base64' only";
      throw fail('invalidParams', { summary: message, issues: [{ path: 'data', message }] });
    }
  };
  return {
    read: (wire) => wire,
    take: (data) => (typeof data === 'string' ? decode(new Uint8Array(), false) + data : decode(data, true)),
    write: (parts) => parts.join(''),
    bytes: (parts) => Buffer.from(parts.length === 1 ? (parts[0] ?? '') : parts.join('')),
    decode(bytes) {
      const length = bytes.length - unfinishedBytes(bytes);
      return { data: bytes.toString('utf8', 0, length), length };
    },
    length: (data) => data.length,
    cut(data, from, length) {
      const end = from + length;
      const splits = end < data.length && isHighSurrogate(data.charCodeAt(end - 1));
      return data.slice(from, splits ? end + 1 : end);
    },
  };
}

/** The exact bytes. */
export function bytesPaper(): Paper<Buffer> {
  return {
    read: (wire) => Buffer.from(wire, 'base64'),
    // A copy: the caller's bytes may be others by the time they are sent.
    take: (data) => (typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)),
    write: (parts) => Buffer.concat(parts).toString('base64'),
    bytes: (parts) => (parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts)),
    decode: (bytes) => ({ data: Buffer.from(bytes), length: bytes.length }),
    length: (data) => data.length,
    cut: (data, from, length) => data.subarray(from, from + length),
  };
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
