import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import { resetTime } from './resetTime.js';

/** How long to wait where the model does not say until when its limit lasts, in ms: one of an account's plan lasts hours. */
const unknownMs = 5 * 60_000;
/** Longest wait that is believed, in ms: limits are by the week at most. */
const longestMs = 8 * 24 * 60 * 60_000;
/** What is added to a time that was named, in ms: clocks differ. */
const marginMs = 5_000;

/** What is known of a limit that the model's usage has reached. */
export interface ReachedLimit {
  /** The brain's words for it. */
  readonly reason: string;
  /** When it ends, in ms since 1970, where the brain says so apart from its words. */
  readonly resetsAt: number | undefined;
}

/** The error of a turn that came to a usage limit, with the time from which on it is worth another try. */
export function usageLimit({ reason, resetsAt }: ReachedLimit, now = new Date()): KhloneError {
  const named = resetsAt ?? resetTime(reason, now)?.getTime();
  const waitMs = named === undefined ? unknownMs : Math.max(0, named - now.getTime()) + marginMs;
  const until = new Date(now.getTime() + Math.min(waitMs, longestMs)).toISOString();
  return fail('usageLimit', { reason, until });
}
