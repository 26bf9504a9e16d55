import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldSize, Spool, SpoolMark } from './contract.js';
import { markBytes, marksName, readSegments, segmentName, segmentStarts } from './program/segments.js';
import { mainChannel } from './program/wire.js';

/** A terminal's spool as its holder writes it, or has written it. */
export class SpoolReader implements Spool {
  readonly #folder: string;
  readonly #known: (() => number) | undefined;

  /** `end` tells how far the output is known; where it is missing the files tell. */
  constructor(folder: string, end?: () => number) {
    this.#folder = folder;
    this.#known = end;
  }

  get start(): number {
    return this.#starts()[0] ?? this.end;
  }

  get end(): number {
    return this.#known?.() ?? endOf(this.#folder, this.#starts());
  }

  read(offset: number, max: number): Buffer | undefined {
    const left = Math.min(max, this.end - offset);
    if (left <= 0) return offset < this.start || this.#gone() ? undefined : Buffer.alloc(0);
    return readSegments(this.#folder, mainChannel, { offset, max: left });
  }

  marks(offset: number, end: number): SpoolMark[] {
    let size: HeldSize | undefined;
    let at = 0;
    let sized = 0;
    const marks: SpoolMark[] = [];
    for (const mark of this.#marks(offset, end)) {
      if (mark.offset > offset) {
        marks.push(mark);
      } else if (mark.type === 'resize') {
        size = mark.size;
        sized = mark.at;
      } else {
        at = mark.at;
      }
    }
    if (size === undefined) return marks;
    const first: SpoolMark[] = [{ type: 'resize', at: Math.max(sized, at), offset, size }];
    if (at > 0 && offset < end) first.push({ type: 'output', at: Math.max(sized, at), offset });
    return [...first, ...marks];
  }

  /** Whether a finished one has been taken away. */
  #gone(): boolean {
    return this.#known === undefined && this.#starts().length === 0;
  }

  /** Marks of the segments that hold these bytes, in order. */
  *#marks(offset: number, end: number): Generator<SpoolMark> {
    const starts = this.#starts();
    const first = starts.findLastIndex((start) => start <= offset);
    for (const start of starts.slice(Math.max(first, 0))) {
      if (start > end) return;
      for (const mark of readMarks(join(this.#folder, marksName(segmentName(mainChannel, start)))))
        if (mark.offset <= end) yield mark;
    }
  }

  #starts(): number[] {
    return segmentStarts(this.#folder, mainChannel);
  }
}

function endOf(folder: string, starts: readonly number[]): number {
  const last = starts.at(-1);
  if (last === undefined) return 0;
  return (
    last + (statSync(join(folder, segmentName(mainChannel, last)), { throwIfNoEntry: false })?.size ?? 0)
  );
}

function readMarks(path: string): SpoolMark[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const marks: SpoolMark[] = [];
  for (let from = 0; from + markBytes <= bytes.length; from += markBytes) {
    const at = bytes.readDoubleBE(from);
    const offset = bytes.readDoubleBE(from + 8);
    const cols = bytes.readUInt16BE(from + 16);
    const rows = bytes.readUInt16BE(from + 18);
    marks.push(
      cols > 0 ? { type: 'resize', at, offset, size: { cols, rows } } : { type: 'output', at, offset },
    );
  }
  return marks;
}
