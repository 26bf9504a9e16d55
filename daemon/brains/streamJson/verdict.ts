import { fail } from '../../../protocol/fail.js';
import type { ProcessExit } from '../../holder/contract.js';
import type { KhloneError } from '../../../protocol/error.js';
import { usageLimit } from '../../usage/usageLimit.js';
import type { TurnOutcome } from '../contract.js';
import { asArray, asString, type Json } from './json.js';

/** A turn as its `result` line and what came before it tell it. */
export interface TurnReport {
  readonly result: Json;
  /** The last message's text. */
  readonly text: string;
  /** The kind of API error the brain named in this turn, such as `authentication_failed`. */
  readonly errorKind: string | undefined;
  /** When the model's usage limit ends, in ms since 1970, where a line said so. */
  readonly resetsAt: number | undefined;
  /** Whether the turn was asked to end. */
  readonly interrupted: boolean;
}

/** Who the brain is, for its errors. */
export interface BrainIdentity {
  readonly name: string;
  /** What to do when it is not logged in. */
  readonly login: string;
}

const loggedOut =
  /invalid api key|please run \/login|not logged in|please log ?in|oauth token (has )?(been )?(expired|revoked)|token has expired/i;

/** How a process ended, in words. */
export function endingOf({ code, signal }: ProcessExit): string {
  if (signal !== null) return `signal ${signal}`;
  return code !== null ? `exit code ${code}` : 'it could not be started';
}

/** The reason a `result` line gives for a failure. */
export function reasonOf(result: Json): string {
  const errors = asArray(result['errors']).filter((error) => typeof error === 'string');
  const reason = asString(result['result']) ?? errors.join('; ');
  return reason === '' ? (asString(result['subtype']) ?? 'unknown') : reason;
}

/** Words of versions that do not name the kind of their error. */
const limited = /usage limit reached\||\blimit reached\b.*\bresets?\b|\bhit your\b.*\blimit\b/i;

function errorOf(
  { errorKind, resetsAt, result }: TurnReport,
  brain: BrainIdentity,
  reason: string,
): KhloneError {
  if (errorKind === 'authentication_failed' || loggedOut.test(reason))
    return fail('brainLoggedOut', { brain: brain.name, reason, login: brain.login });
  if (errorKind === 'rate_limit' || result['api_error_status'] === 429 || limited.test(reason))
    return usageLimit({ reason, resetsAt });
  return fail('brainError', { reason });
}

/** Judges how a turn ended. */
export function outcomeOf(
  report: TurnReport,
  brain: BrainIdentity,
  clean: (text: string) => string,
): TurnOutcome {
  const { result, text } = report;
  if (result['is_error'] !== true && result['subtype'] === 'success') {
    return { status: 'done', text: asString(result['result']) ?? text };
  }
  if (report.interrupted) return { status: 'interrupted', text };
  const reason = clean(reasonOf(result));
  return { status: 'failed', error: errorOf(report, brain, reason), text };
}
