import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** The daemon's memory after a collection, in bytes. */
export interface Reading {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly pid: number;
  /** Since its start, in ms. */
  readonly upMs: number;
}

/** Has the daemon of `gaugedDaemon.mjs` collect, and reads its memory. */
export async function read(socket: string): Promise<Reading> {
  return JSON.parse(await text(connect(socket))) as Reading;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** Medians of one part of a run, in MiB. */
export interface Medians {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

const mib = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10;

const mediansOf = (readings: readonly Reading[]): Medians => ({
  rss: mib(median(readings.map(({ rss }) => rss))),
  heapUsed: mib(median(readings.map(({ heapUsed }) => heapUsed))),
  external: mib(median(readings.map(({ external }) => external))),
});

/** Medians of each tenth of a run, in its order. @throws when there are fewer than ten readings */
export function tenths(readings: readonly Reading[]): readonly Medians[] {
  if (readings.length < 10) throw new Error(`${readings.length} readings make no ten parts`);
  const at = (part: number): number => Math.round((part * readings.length) / 10);
  return Array.from({ length: 10 }, (_, part) => mediansOf(readings.slice(at(part), at(part + 1))));
}
