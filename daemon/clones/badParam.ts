import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';

/** The error of a parameter that has the right shape and cannot be meant; throw what it returns. */
export function badParam(path: string, message: string): KhloneError {
  return fail('invalidParams', { summary: `${path} ${message}`, issues: [{ path, message }] });
}
