import { z } from 'zod';
import { count } from './common.js';

/** Tokens and cost, as the brain reports them. */
export const Usage = z
  .object({
    inputTokens: count,
    outputTokens: count,
    cacheWriteTokens: count,
    cacheReadTokens: count,
    costUsd: z.number().min(0).describe('US dollars, as the brain reports them.'),
  })
  .describe('Tokens and cost, as the brain reports them.');
export type Usage = z.infer<typeof Usage>;
