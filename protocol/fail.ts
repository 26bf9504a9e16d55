import { fillTemplate, KhloneError } from './error.js';
import { type ErrorDetails, type ErrorKind, errorRows } from './generated/errors.js';

/**
 * Makes the error of a kind, its message and hint filled from the details. Throw what it returns. The rows are the
 * generated ones, so that daemon and client share this without loading zod.
 */
export function fail<K extends ErrorKind>(kind: K, details: ErrorDetails<K>): KhloneError {
  const row = errorRows[kind];
  return new KhloneError(row.code, fillTemplate(row.message, details), {
    kind,
    retryable: row.retryable,
    hint: fillTemplate(row.hint, details),
    details,
  });
}

/** An error whose kind is known, so that its details are typed. */
export interface KhloneErrorOf<K extends ErrorKind> extends KhloneError {
  readonly kind: K;
  readonly details: ErrorDetails<K>;
}

/** Whether something thrown is an error of the registry, of this kind where one is named. */
export function isKhloneError(error: unknown): error is KhloneError;
export function isKhloneError<K extends ErrorKind>(error: unknown, kind: K): error is KhloneErrorOf<K>;
export function isKhloneError(error: unknown, kind?: ErrorKind): boolean {
  return error instanceof KhloneError && (kind === undefined || error.kind === kind);
}
