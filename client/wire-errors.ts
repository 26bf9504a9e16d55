import { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import type { ErrorDetails, ErrorKind } from '../protocol/generated/errors.js';

/** The error of a kind, with what lies behind it as `cause`. Throw what it returns. */
export function failBecause<K extends ErrorKind>(
  kind: K,
  details: ErrorDetails<K>,
  cause: unknown,
): KhloneError {
  const error = fail(kind, details);
  error.cause = cause;
  return error;
}

/** Makes an error of what came over the wire, however little of the registry's shape it has. */
export function errorFromWire(value: unknown): KhloneError {
  const { code, message, data } = isRecord(value) ? value : {};
  const { kind, retryable, hint, details } = isRecord(data) ? data : {};
  return new KhloneError(
    typeof code === 'number' ? code : 0,
    typeof message === 'string' ? message : 'The daemon answered with an error of no known shape.',
    {
      kind: typeof kind === 'string' ? kind : 'unknown',
      retryable: retryable === true,
      hint: typeof hint === 'string' ? hint : '',
      details: isRecord(details) ? details : {},
    },
  );
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
