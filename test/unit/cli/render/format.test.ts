import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  formatTokens,
} from '../../../../cli/render/format.js';

describe('figures for people', () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [40, '40ms'],
    [1449, '1.4s'],
    [12_900, '12s'],
    [123_000, '2m03s'],
    [3_900_000, '1h05m'],
    [277_200_000, '3d5h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [1234, '1.2k'],
    [34_400, '34k'],
    [999_949, '1M'],
    [5_600_000, '5.6M'],
    [2_000_000_000, '2G'],
  ])('%i is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it('tells an age, and 0s where clocks disagree', () => {
    const now = Date.parse('2026-11-21T09:00:10.000Z');
    expect(formatAge('2026-11-21T09:00:00.000Z', now)).toBe('10s');
    expect(formatAge('2026-11-21T10:00:00.000Z', now)).toBe('0s');
  });

  it('tells cost, bytes and tokens', () => {
    expect([0, 0.0042, 1.234].map(formatCost)).toEqual(['-', '$0.0042', '$1.23']);
    expect([12, 2048, 75_000_000].map(formatBytes)).toEqual(['12 B', '2.0 KiB', '72 MiB']);
    const usage = {
      inputTokens: 10,
      cacheReadTokens: 1000,
      cacheWriteTokens: 200,
      outputTokens: 33,
      costUsd: 0,
    };
    expect(formatTokens(usage)).toBe('1.2k/33');
  });
});
