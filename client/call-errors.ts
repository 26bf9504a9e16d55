import { fillTemplate, KhloneError } from '../protocol/error.js';
import type { ErrorDetails } from '../protocol/errors.js';

/**
 * The registry's rows for calls that fail on this side. A test keeps them equal to the registry, which the
 * client cannot load: it comes with zod.
 */
export const callErrors = {
  cancelled: {
    code: -32800,
    message: 'The call was cancelled.',
    hint: 'Nothing to do: the caller withdrew it.',
    retryable: true,
  },
  connectionLost: {
    code: -32056,
    message: 'The connection to the daemon was lost before the answer came.',
    hint: 'Call again; a task sent with an idempotencyKey is never run twice.',
    retryable: true,
  },
  limitReached: {
    code: -32048,
    message: 'The limit of {limit} {what} is reached.',
    hint: 'Let go of some first.',
    retryable: false,
  },
} as const;

/** Makes the error of a kind, with what lies behind it as `cause`. Throw what it returns. */
export function callError<K extends keyof typeof callErrors>(
  kind: K,
  details: ErrorDetails<K>,
  cause?: unknown,
): KhloneError {
  const { code, message, hint, retryable } = callErrors[kind];
  const error = new KhloneError(code, fillTemplate(message, details), { kind, retryable, hint, details });
  if (cause !== undefined) error.cause = cause;
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
