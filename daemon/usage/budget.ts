import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { Approval } from '../../protocol/shapes/approval.js';
import type { Limits } from '../../protocol/shapes/clone.js';
import type { Usage } from '../../protocol/shapes/usage.js';

/** A budget that is used up, as an approval tells of it. */
export type PassedBudget = NonNullable<Approval['budget']>;

/** What counts towards budgets. */
export interface Spent {
  /** By the task, in all its attempts. */
  readonly task: Usage;
  /** By its clone today. */
  readonly day: Usage;
}

/** How often a budget was extended by its own size; `Infinity` lifts it. */
export interface Helpings {
  readonly task: number;
  readonly day: number;
}

/** Tokens that a budget counts: what was read and written anew. What came from the model's cache is not. */
export function tokensOf({ inputTokens, outputTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheWriteTokens;
}

/** The first budget that is used up, if one is. */
export function passedBudget(
  { maxTokens, maxCostUsd }: Limits,
  spent: Spent,
  helpings: Helpings,
): PassedBudget | undefined {
  for (const scope of ['task', 'day'] as const) {
    const usage = spent[scope];
    for (const [unit, more, used] of [
      ['tokens', maxTokens?.[scope], tokensOf(usage)],
      ['usd', maxCostUsd?.[scope], usage.costUsd],
    ] as const) {
      if (more === undefined) continue;
      const limit = more * (1 + helpings[scope]);
      if (used >= limit) return { scope, unit, used, limit, more };
    }
  }
  return undefined;
}

/** An amount in a sentence: `120,000 tokens`, `$4.20`. */
export function amountText(unit: PassedBudget['unit'], value: number): string {
  return unit === 'usd' ? `$${value.toFixed(2)}` : `${value.toLocaleString('en-US')} tokens`;
}

/** Why a task is broken off, or ends, that has used up a budget. */
export function budgetError(clone: string, { scope, unit, used, limit }: PassedBudget): KhloneError {
  return fail('budgetExceeded', {
    clone,
    used: amountText(unit, used),
    limit: amountText(unit, limit),
    scope: scope === 'task' ? 'a task' : 'a day',
  });
}

/** The day, in this machine's time zone, on which an instant lies: its name, its beginning and its end. */
export function dayOf(now: Date): { readonly name: string; readonly from: Date; readonly to: Date } {
  const from = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const to = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  const two = (value: number): string => String(value).padStart(2, '0');
  return { name: `${from.getFullYear()}-${two(from.getMonth() + 1)}-${two(from.getDate())}`, from, to };
}
