import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A spool on disk: files of some MiB, each named by its channel and the offset of its first byte, each of a terminal
 * with a file of marks beside it. A piece of output is never cut between two of them.
 */
const names = ['out', 'err'] as const;

/** Bytes of one mark: `f64 ms since 1970 | f64 offset | u16 cols | u16 rows | u32 0`; no size means output. */
export const markBytes = 24;

/** The file that begins with the byte at `start`. */
export function segmentName(channel: number, start: number): string {
  return `${names[channel] ?? channel}.${String(start).padStart(16, '0')}`;
}

/** The file of marks beside a segment. */
export function marksName(segment: string): string {
  return `${segment}.marks`;
}

/** Offsets at which a channel's segments begin, in order; none where all is gone. */
export function segmentStarts(folder: string, channel: number): number[] {
  const name = new RegExp(`^${names[channel] ?? channel}\\.(\\d{16})$`);
  return namesIn(folder)
    .flatMap((file) => name.exec(file)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Up to `max` bytes from an offset on; undefined when they are not kept, empty at the end. */
export function readSegments(
  folder: string,
  channel: number,
  at: { offset: number; max: number },
): Buffer | undefined {
  const start = segmentStarts(folder, channel).findLast((first) => first <= at.offset);
  if (start === undefined) return undefined;
  let fd: number;
  try {
    fd = openSync(join(folder, segmentName(channel, start)), 'r');
  } catch {
    // Dropped in between.
    return undefined;
  }
  try {
    const into = Buffer.allocUnsafe(at.max);
    return into.subarray(0, readSync(fd, into, 0, at.max, at.offset - start));
  } finally {
    closeSync(fd);
  }
}
