import { expect, it } from 'vitest';
import { workedMs } from '../../../../daemon/clones/turnClock.js';
import type { Approval } from '../../../../protocol/shapes/approval.js';

const at = (ms: number): string => new Date(ms).toISOString();
const asked = (from: number, to?: number): Approval =>
  ({ requestedAt: at(from), ...(to !== undefined && { resolvedAt: at(to) }) }) as Approval;

it('counts the time that is worked, and not that in which a human is waited for', () => {
  expect(workedMs(1_000, 11_000, [])).toBe(10_000);
  expect(workedMs(1_000, 11_000, [asked(2_000, 3_000), asked(6_000, 8_000)])).toBe(7_000);
  // Two at once, in any order, of which one is open still.
  expect(workedMs(1_000, 11_000, [asked(4_000), asked(2_000, 5_000)])).toBe(1_000);
  // One within the other, and one of an earlier attempt.
  expect(workedMs(1_000, 11_000, [asked(2_000, 9_000), asked(3_000, 4_000), asked(0, 500)])).toBe(3_000);
});
