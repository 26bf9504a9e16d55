import { fillTemplate, KhloneError } from './error.js';
import { errorRegistry, type ErrorDetails, type ErrorKind } from './errors.js';

/** Makes the error of a kind, its message and hint filled from the details. Throw what it returns. */
export function fail<K extends ErrorKind>(kind: K, details: ErrorDetails<K>): KhloneError {
  const row = errorRegistry[kind];
  return new KhloneError(row.code, fillTemplate(row.message, details), {
    kind,
    retryable: row.retryable,
    hint: fillTemplate(row.hint, details),
    details,
  });
}
