import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { BrainLimits } from './contract.js';

/** What a turn fails with whose process had used up its memory. */
export function outOfMemory(clone: string, { memoryMb = 0 }: BrainLimits = {}): KhloneError {
  return fail('brainOutOfMemory', { clone, memoryMb });
}
