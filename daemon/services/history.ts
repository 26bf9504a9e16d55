import type { HistoryEntry } from '../../protocol/shapes/stream.js';
import type { Spool } from '../holder/contract.js';

/** Most bytes of output in one page. */
const pageBytes = 512 * 1024;

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
  const first = from === undefined || from < spool.start;
  const start = first ? spool.start : Math.min(from, spool.end);
  const bytes = spool.read(start, pageBytes);
  // Dropped by its holder since: the next call begins where it now starts.
  if (!bytes) return { entries: [], next: start, more: true };
  const next = start + bytes.length;
  const entries: HistoryEntry[] = [];
  let at = '';
  let cut = start;
  const flush = (end: number): void => {
    if (end <= cut) return;
    const data = bytes.toString('base64', cut - start, end - start);
    entries.push({ type: 'output', at, offset: cut, data });
    cut = end;
  };
  for (const mark of spool.marks(start, next)) {
    const offset = Math.max(mark.offset, start);
    const time = new Date(mark.at).toISOString();
    if (at === '') at = time;
    flush(Math.min(offset, next));
    if (mark.type === 'output') at = time;
    // The size in force comes first; whoever goes on has heard of it.
    else if (mark.offset >= start || first) {
      entries.push({ type: 'resize', at: time, offset, cols: mark.size.cols, rows: mark.size.rows });
    }
  }
  flush(next);
  return { entries, next, more: next < spool.end };
}
