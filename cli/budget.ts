import { usageError } from './failure.js';

/** What may be used, by one task and by the clone in a day. */
export interface BudgetWords {
  readonly task?: number;
  readonly day?: number;
}

const factors: Readonly<Record<string, number>> = { k: 1e3, m: 1e6 };

/** Reads `200k/task`, `2m/day` or `$20/day`; an empty word is none, so that a budget can be lifted. @throws invalidParams */
export function parseBudget(words: readonly string[], option: string): BudgetWords {
  const budget: { task?: number; day?: number } = {};
  for (const word of words) {
    if (word === '') continue;
    const [, amount = '', factor = '', scope] = /^\$?(\d+(?:\.\d+)?)([km]?)\/(task|day)$/i.exec(word) ?? [];
    const value = Number(amount) * (factors[factor.toLowerCase()] ?? 1);
    if ((scope !== 'task' && scope !== 'day') || !(value > 0)) {
      throw usageError(
        `${option} does not understand "${word}"`,
        "Write an amount above 0 and what it is for, such as 200k/task or 20/day; '' lifts what there is.",
      );
    }
    budget[scope] = value;
  }
  return budget;
}
