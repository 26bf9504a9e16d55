import type { HistoryEntry } from '../../protocol/shapes/stream.js';
import type { HeldSize, Spool } from '../holder/contract.js';
import { sameSize } from '../streams/sizes.js';

/** Most bytes of output in one page. */
const pageBytes = 512 * 1024;
/** Most entries of one page: who types slowly leaves a time with each byte. */
const pageEntries = 4000;

/** A part of what a terminal has shown. */
export interface HistoryPage {
  readonly entries: HistoryEntry[];
  /** Where to go on. */
  readonly next: number;
  /** Whether more is there already. */
  readonly more: boolean;
}

/** Reads a page of a spool, cut at its times and sizes. `from` is where an earlier page ended; the start by default. */
export function readHistory(spool: Spool, from: number | undefined): HistoryPage {
  const start = Math.min(Math.max(from ?? 0, spool.start), spool.end);
  const bytes = spool.read(start, pageBytes);
  // Dropped by its holder since: the next call begins where it now starts.
  if (!bytes) return { entries: [], next: start, more: true };
  const end = start + bytes.length;
  const entries: HistoryEntry[] = [];
  let at: string | undefined;
  let size = start > spool.start ? sizeAt(spool, start - 1) : undefined;
  let cut = start;
  const flush = (until: number): void => {
    if (until <= cut) return;
    const data = bytes.toString('base64', cut - start, until - start);
    entries.push({ type: 'output', at: at ?? isoTime(0), offset: cut, data });
    cut = until;
  };
  for (const mark of spool.marks(start, end)) {
    flush(Math.min(mark.offset, end));
    if (entries.length >= pageEntries) return { entries, next: cut, more: true };
    at = isoTime(mark.at);
    if (mark.type === 'output' || (mark.offset >= end && end > start)) continue;
    // The first is the size in force: whoever goes on has it already, if it was so before.
    if (size === undefined || !sameSize(size, mark.size)) {
      entries.push({ type: 'resize', at, offset: mark.offset, ...mark.size });
    }
    size = mark.size;
  }
  flush(end);
  return { entries, next: end, more: end < spool.end };
}

function sizeAt(spool: Spool, offset: number): HeldSize | undefined {
  const [mark] = spool.marks(offset, offset);
  return mark?.type === 'resize' ? mark.size : undefined;
}

const isoTime = (at: number): string => new Date(at).toISOString();
