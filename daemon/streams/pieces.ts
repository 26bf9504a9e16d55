import type { StreamEncoding } from '../../protocol/shapes/stream.js';
import { unfinishedBytes } from '../../protocol/wire/characters.js';
import type { Piece } from './contract.js';
import type { Output } from './output.js';

/** Most bytes of one piece. */
const longestPiece = 64 * 1024;
/** Long pieces end at multiples of this, so that viewers who are behind get the same ones and share their encoding. */
const pieceGrid = 32 * 1024;
/** From here on a piece is kept as bytes. */
const longPiece = 4 * 1024;
/** Pieces kept encoded for the next viewer. */
const mostKept = 16;

/** Which piece to make. */
export interface PieceRequest {
  readonly encoding: StreamEncoding;
  readonly offset: number;
  /** It ends there at the latest. */
  readonly limit: number;
  /** Whether nothing comes after the limit, for which the beginning of a character would have to wait. */
  readonly last: boolean;
}

/** Cuts a terminal's output into pieces, encoded once for all viewers. */
export class Pieces {
  readonly #output: Output;
  readonly #kept = new Map<string, Piece>();
  #shared = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** The piece from there; an empty one when there is but the beginning of a character. Undefined when it is no longer kept. */
  cut({ encoding, offset, limit, last }: PieceRequest): Piece | undefined {
    const grid = Math.floor((offset + longestPiece) / pieceGrid) * pieceGrid;
    const end = Math.min(limit, grid);
    const name = this.#shared && !last ? `${encoding} ${offset} ${end}` : undefined;
    const known = name === undefined ? undefined : this.#kept.get(name);
    if (known) return known;
    const bytes = this.#output.read(offset, end - offset);
    if (!bytes) return undefined;
    const piece = encode(bytes, { encoding, offset, last: last && end === limit });
    if (name !== undefined) this.#keep(name, piece);
    return piece;
  }

  /** Says whether several viewers may want the same piece. */
  share(shared: boolean): void {
    this.#shared = shared;
    if (!shared) this.#kept.clear();
  }

  #keep(name: string, piece: Piece): void {
    this.#kept.set(name, piece);
    if (this.#kept.size <= mostKept) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

function encode(
  bytes: Buffer,
  { encoding, offset, last }: { encoding: StreamEncoding; offset: number; last: boolean },
): Piece {
  const exact = encoding === 'base64' || last;
  const length = exact ? bytes.length : bytes.length - unfinishedBytes(bytes);
  // Nothing in base64 has to be escaped, and looking for it takes longer than all the rest.
  const json =
    encoding === 'base64'
      ? `"${bytes.toString('base64')}"`
      : JSON.stringify(bytes.toString('utf8', 0, length));
  // Long text that lives for a while would be copied by the collector again and again.
  return { offset, end: offset + length, json: length < longPiece ? json : Buffer.from(json, 'utf8') };
}
