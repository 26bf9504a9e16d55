import type { FoundState } from '../holder/contract.js';

/** Bytes that were written to a process, or were just about to be. */
export interface Written {
  /** How many were written before them. */
  readonly input: number;
  readonly bytes: number;
}

/** Whether they have reached a process that an earlier daemon left; `unknown` where only that itself can tell. */
export type Delivery = 'yes' | 'no' | 'unknown';

/** Tells what became of what an earlier daemon wrote, by what its holder counted. */
export function deliveryOf(found: FoundState | undefined, { input, bytes }: Written): Delivery {
  if (!found?.held) return 'unknown';
  if ('taken' in found.input) return found.input.taken >= input + bytes ? 'yes' : 'unknown';
  const { received } = found.input;
  return received <= input ? 'no' : received >= input + bytes ? 'yes' : 'unknown';
}
