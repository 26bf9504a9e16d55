import { describe, expect, it } from 'vitest';
import { dayOf, passedBudget } from '../../../../daemon/usage/budget.js';
import { noUsage } from '../../../../daemon/store/usageTable.js';

const tokens = (inputTokens: number, costUsd = 0) => ({ ...noUsage, inputTokens, costUsd });
const none = { task: 0, day: 0 };

describe('a budget', () => {
  it('is passed once all of it is used', () => {
    const limits = { maxTokens: { task: 100 } };
    expect(passedBudget(limits, { task: tokens(99), day: tokens(500) }, none)).toBeUndefined();
    expect(passedBudget(limits, { task: tokens(100), day: tokens(500) }, none)).toEqual({
      scope: 'task',
      unit: 'tokens',
      used: 100,
      limit: 100,
      more: 100,
    });
  });

  it('counts what was read and written, not what came from a cache', () => {
    const usage = { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 4, cacheReadTokens: 1000, costUsd: 0 };
    expect(passedBudget({ maxTokens: { day: 8 } }, { task: usage, day: usage }, none)).toBeUndefined();
    expect(passedBudget({ maxTokens: { day: 7 } }, { task: usage, day: usage }, none)?.used).toBe(7);
  });

  it('is of money too, and by the day', () => {
    expect(
      passedBudget({ maxCostUsd: { task: 1, day: 5 } }, { task: tokens(9, 0.5), day: tokens(9, 5) }, none),
    ).toMatchObject({ scope: 'day', unit: 'usd', limit: 5 });
  });

  it('grows by its own size each time it is extended, and without end once it is lifted', () => {
    const limits = { maxTokens: { task: 100 } };
    const spent = { task: tokens(250), day: noUsage };
    expect(passedBudget(limits, spent, { task: 1, day: 0 })?.limit).toBe(200);
    expect(passedBudget(limits, spent, { task: 2, day: 0 })).toBeUndefined();
    expect(passedBudget(limits, spent, { task: Infinity, day: 0 })).toBeUndefined();
  });
});

it('knows the day of this place', () => {
  const now = new Date(2026, 10, 27, 23, 30);
  expect(dayOf(now)).toEqual({
    name: '2026-11-27',
    from: new Date(2026, 10, 27),
    to: new Date(2026, 10, 28),
  });
});
