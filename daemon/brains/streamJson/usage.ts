import type { ModelUsage } from '../contract.js';
import { asNumber, asObject, type Json } from './json.js';

type Counts = Omit<ModelUsage, 'model'>;

/** What a process has used in all, by model; it outlives JSON. */
export type UsageTotals = readonly (readonly [model: string, counts: Counts])[];

const none: Counts = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, costUsd: 0 };

const minus = (now: Counts, before: Counts): Counts => ({
  inputTokens: now.inputTokens - before.inputTokens,
  outputTokens: now.outputTokens - before.outputTokens,
  cacheWriteTokens: now.cacheWriteTokens - before.cacheWriteTokens,
  cacheReadTokens: now.cacheReadTokens - before.cacheReadTokens,
  costUsd: now.costUsd - before.costUsd,
});

const values = (counts: Counts): number[] => Object.values(counts);

/**
 * Turns the usage of `result` lines, which adds up over a process's life, into what each turn used.
 * One meter belongs to one process.
 */
export class UsageMeter {
  readonly #totals: Map<string, Counts>;

  /** `totals` are those that an earlier meter of the same process has noted. */
  constructor(totals: UsageTotals = []) {
    this.#totals = new Map(totals);
  }

  /** What was reported last, by model. */
  get totals(): UsageTotals {
    return [...this.#totals];
  }

  /** Reads a `result` line; models that used nothing since the last one are left out. */
  read(result: Json): ModelUsage[] {
    const used: ModelUsage[] = [];
    for (const [model, reported] of Object.entries(asObject(result['modelUsage']) ?? {})) {
      const line = asObject(reported);
      if (!line) continue;
      const total: Counts = {
        inputTokens: asNumber(line['inputTokens']),
        outputTokens: asNumber(line['outputTokens']),
        cacheWriteTokens: asNumber(line['cacheCreationInputTokens']),
        cacheReadTokens: asNumber(line['cacheReadInputTokens']),
        costUsd: asNumber(line['costUSD']),
      };
      const grown = minus(total, this.#totals.get(model) ?? none);
      // A count that went down means that the brain began to count anew.
      const turn = values(grown).some((value) => value < -1e-9) ? total : grown;
      this.#totals.set(model, total);
      if (values(turn).some((value) => value > 0)) used.push({ model, ...turn });
    }
    return used;
  }
}
