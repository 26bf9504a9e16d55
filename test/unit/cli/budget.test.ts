import { describe, expect, it } from 'vitest';
import { parseBudget } from '../../../cli/budget.js';

describe('the words of a budget', () => {
  it.each([
    [['200k/task', '2m/day'], { task: 200_000, day: 2_000_000 }],
    [['$1.5/task'], { task: 1.5 }],
    [[''], {}],
    [['', '20/day'], { day: 20 }],
  ])('%j are read', (words, budget) => {
    expect(parseBudget(words, '--max-tokens')).toEqual(budget);
  });

  it.each(['5', '0/task', '5/week', ' ', '-1/day'])('%j is refused with what to write', (word) => {
    expect(() => parseBudget([word], '--max-cost')).toThrow(`--max-cost does not understand "${word}"`);
  });
});
