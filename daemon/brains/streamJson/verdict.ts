import { fail } from '../../../protocol/fail.js';
import type { ProcessExit } from '../../holder/contract.js';
import type { TurnOutcome } from '../contract.js';
import { asArray, asString, type Json } from './json.js';

/** A turn as its `result` line and what came before it tell it. */
export interface TurnReport {
  readonly result: Json;
  /** The last message's text. */
  readonly text: string;
  /** The kind of API error the brain named in this turn, such as `authentication_failed`. */
  readonly errorKind: string | undefined;
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
  const error =
    report.errorKind === 'authentication_failed' || loggedOut.test(reason)
      ? fail('brainLoggedOut', { brain: brain.name, reason, login: brain.login })
      : fail('brainError', { reason });
  return { status: 'failed', error, text };
}
