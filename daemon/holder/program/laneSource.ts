import { outputFrame } from './frames.js';
import type { SpoolWriter } from './spool.js';
import { type HeldSize, mainChannel, toLane } from './wire.js';

/** Pieces of those that are behind end at multiples of this, so that they get the same ones, in bytes. */
const gridBytes = 64 * 1024;
/** Pieces that are kept for the next who is as far behind. */
const keptPieces = 4;
/** Changes of size that are remembered; whoever is further behind hears of the later ones only. */
const keptSizes = 256;

interface SizeChange {
  /** Counts them, from 1. */
  readonly count: number;
  readonly offset: number;
  readonly size: HeldSize;
}

interface SpoolPiece {
  readonly end: number;
  /** Its frame. */
  readonly whole: Buffer;
}

/** What lanes are served from: a terminal's spool, read once for all of them, and the sizes it has had. */
export class LaneSource {
  /** Whether nothing more will come. */
  ended = false;
  readonly #spool: SpoolWriter;
  readonly #changes: SizeChange[] = [];
  readonly #pieces = new Map<number, SpoolPiece>();
  #count = 0;

  constructor(spool: SpoolWriter) {
    this.#spool = spool;
  }

  get end(): number {
    return this.#spool.end;
  }

  /** A piece that begins there and ends at `end` at the latest; undefined when it is no longer kept. */
  read(offset: number, end: number): SpoolPiece | undefined {
    const known = this.#pieces.get(offset);
    if (known !== undefined && known.end <= end && offset >= this.#spool.start) return known;
    const grid = (Math.floor(offset / gridBytes) + 1) * gridBytes;
    const chunk = this.#spool.read(offset, Math.min(end, grid) - offset);
    if (chunk === undefined || chunk.length === 0) return undefined;
    const piece = {
      end: offset + chunk.length,
      whole: outputFrame(toLane.output, mainChannel, { offset, chunk }),
    };
    if (piece.end === grid) this.#keep(offset, piece);
    return piece;
  }

  /** The terminal has another size from here on. */
  resized(size: HeldSize): void {
    this.#count += 1;
    this.#changes.push({ count: this.#count, offset: this.end, size });
    if (this.#changes.length > keptSizes) this.#changes.shift();
  }

  /** How many changes there were before this byte. */
  sizesBefore(offset: number): number {
    return this.#changes.findLast((change) => change.offset < offset)?.count ?? 0;
  }

  /** The first change after so many. */
  sizeAfter(count: number): SizeChange | undefined {
    if (count >= this.#count) return undefined;
    return this.#changes.find((change) => change.count > count);
  }

  #keep(offset: number, piece: SpoolPiece): void {
    this.#pieces.set(offset, piece);
    const [oldest] = this.#pieces.keys();
    if (this.#pieces.size > keptPieces && oldest !== undefined) this.#pieces.delete(oldest);
  }
}
