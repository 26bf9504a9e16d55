import type { MemoryReading } from './available.js';

/** When memory is short: less than a share of it is left, or than a number of bytes; `never` is for those who want none of it. */
export type LowMemory =
  | { readonly kind: 'share'; readonly share: number; readonly mostBytes: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'never' };

const factors: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A tenth of it, and no more than a few brains take. */
export const defaultLowMemory: LowMemory = { kind: 'share', share: 0.1, mostBytes: 2 ** 30 };

/** Reads `KHLONE_LOW_MEMORY` of an environment: `512m`, `2g`, `10%` or `off`; the default for anything else. */
export function lowMemoryOf(env: Readonly<Record<string, string | undefined>>): LowMemory {
  const text = (env['KHLONE_LOW_MEMORY'] ?? '').trim().toLowerCase();
  if (text === 'off') return { kind: 'never' };
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmg%])$/.exec(text) ?? [];
  const value = Number(amount);
  if (amount === '' || (unit === '%' && value > 100)) return defaultLowMemory;
  if (unit === '%') return { kind: 'share', share: value / 100, mostBytes: Number.POSITIVE_INFINITY };
  return { kind: 'bytes', bytes: value * (factors[unit] ?? 1) };
}

/** Whether so little is left that processes at rest are to be given back. */
export function isShort({ availableBytes, totalBytes }: MemoryReading, low: LowMemory): boolean {
  switch (low.kind) {
    case 'never':
      return false;
    case 'bytes':
      return availableBytes < low.bytes;
    case 'share':
      return availableBytes < Math.min(totalBytes * low.share, low.mostBytes);
  }
}
