import { KhloneError } from '../../protocol/error.js';
import { isKhloneError } from '../../protocol/fail.js';
import type { StreamOutcome } from './options.js';

/** What a failed attempt to attach again means for the stream; undefined where the next one may succeed. */
export function outcomeOfAttempt(error: unknown): StreamOutcome | undefined {
  if (!(error instanceof KhloneError)) return { reason: 'failed', error: asError(error) };
  // The program has ended meanwhile, or had to for a task.
  if (isKhloneError(error, 'noTerminal')) {
    return { reason: error.details.posture === 'off' ? 'exited' : 'posture' };
  }
  switch (error.kind) {
    case 'streamTaken':
      return { reason: 'takenOver' };
    case 'cloneBusy':
      return { reason: 'posture' };
    case 'cloneRetired':
    case 'cloneNotFound':
      return { reason: 'retired' };
    // Each further attempt would start it again.
    case 'brainDied':
      return { reason: 'failed', error };
    default:
      return error.retryable ? undefined : { reason: 'failed', error };
  }
}

const asError = (value: unknown): Error => (value instanceof Error ? value : new Error(String(value)));
