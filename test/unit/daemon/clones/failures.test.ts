import { describe, expect, it } from 'vitest';
import { FailureCount } from '../../../../daemon/clones/failures.js';

const minute = 60_000;

describe('FailureCount', () => {
  it('waits a second after the first failure, twice as long after each further, a minute at most', () => {
    const failures = new FailureCount();
    const delays: number[] = [];
    // Far apart, so that none of it parks.
    for (let i = 0; i < 9; i++) {
      failures.failed(i * 5 * minute, 1);
      delays.push(failures.delay(i * 5 * minute));
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
  });

  it('spreads the waits over the second half', () => {
    const failures = new FailureCount();
    failures.failed(0, 0);
    expect(failures.delay(0)).toBe(500);
    for (let i = 0; i < 200; i++) {
      const random = new FailureCount();
      random.failed(0);
      expect(random.delay(0)).toBeGreaterThanOrEqual(500);
      expect(random.delay(0)).toBeLessThanOrEqual(1000);
    }
  });

  it('lets the wait run out', () => {
    const failures = new FailureCount();
    expect(failures.delay(0)).toBe(0);
    failures.failed(1000, 1);
    expect([failures.delay(1000), failures.delay(1400), failures.delay(2000), failures.delay(9000)]).toEqual([
      1000, 600, 0, 0,
    ]);
  });

  it('parks at the fifth within ten minutes', () => {
    const failures = new FailureCount();
    const parked = [0, 1, 2, 3, 4].map((at) => failures.failed(at * minute));
    expect(parked).toEqual([false, false, false, false, true]);
    expect(failures.count).toBe(5);
  });

  it('forgets what is ten minutes old', () => {
    const failures = new FailureCount();
    const parked = [0, 1, 2, 3, 10, 11, 12].map((at) => failures.failed(at * minute));
    expect(parked).toEqual([false, false, false, false, false, false, false]);
    expect(failures.failed(12.5 * minute)).toBe(true);
  });

  it('waits briefly again after a success, and parks one that keeps failing between successes', () => {
    const failures = new FailureCount();
    for (let i = 0; i < 4; i++) failures.failed(i, 1);
    failures.succeeded();
    expect([failures.count, failures.delay(4)]).toEqual([4, 0]);
    expect(failures.failed(5, 1)).toBe(true);
    expect(failures.delay(5)).toBe(1000);
  });

  it('shows what is delayed until when, up to the next success', () => {
    const failures = new FailureCount();
    expect(failures.backoff(0)).toBeUndefined();
    failures.failed(0, 1);
    expect(failures.backoff(400)).toEqual({ failures: 1, nextAt: '1970-01-01T00:00:01.000Z' });
    expect(failures.backoff(1000)).toEqual({ failures: 1 });
    failures.failed(1000, 1);
    expect(failures.backoff(1000)).toEqual({ failures: 2, nextAt: '1970-01-01T00:00:03.000Z' });
    failures.succeeded();
    expect(failures.backoff(1000)).toBeUndefined();
  });

  it('begins anew once a human forgives', () => {
    const failures = new FailureCount();
    for (let i = 0; i < 5; i++) failures.failed(i, 1);
    failures.forgive();
    expect([failures.count, failures.delay(5)]).toEqual([0, 0]);
    expect(failures.failed(6, 1)).toBe(false);
  });
});
