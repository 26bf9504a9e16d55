import type { StreamEncoding } from '../../protocol/shapes/stream.js';
import { longestCharacter, unfinishedBytes } from '../../protocol/wire/characters.js';
import type { ScreenSource } from './contract.js';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What a client types, as bytes; undefined where it should be base64 and is not. */
export function decodeInput(data: string, encoding: StreamEncoding): Buffer | undefined {
  if (encoding === 'text') return Buffer.from(data, 'utf8');
  return base64.test(data) ? Buffer.from(data, 'base64') : undefined;
}

/** Where the character begins that this byte is in the middle of; the byte itself elsewhere. */
export function characterStart(source: Pick<ScreenSource, 'end' | 'read'>, offset: number): number {
  const from = Math.max(0, offset - longestCharacter + 1);
  const before = source.read(from, offset - from);
  return before?.length === offset - from ? offset - unfinishedBytes(before) : offset;
}
