import { createContext, Script, type Context } from 'node:vm';

/** Longest pattern that is taken. */
const longestPattern = 1000;

/** Most time one match may take, in milliseconds; a pattern can be made to take for ever. */
const matchTime = 50;

/**
 * Why a text is no regular expression for a prompt; undefined when it is one. For the place where patterns are
 * set, so that a bad one is refused there.
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'it is empty';
  if (pattern.length > longestPattern) return `it is longer than ${longestPattern} characters`;
  try {
    RegExp(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const match = new Script('new RegExp(pattern).test(line)');
let context: Context | undefined;

/** Whether a line matches; false for one that takes longer than 50 ms, or is no pattern. */
export function matchesInTime(pattern: string, line: string): boolean {
  if (patternProblem(pattern) !== undefined) return false;
  context ??= createContext({ pattern: '', line: '' });
  Object.assign(context, { pattern, line });
  try {
    return match.runInContext(context, { timeout: matchTime }) === true;
  } catch {
    // All else was found out above: it took too long.
    return false;
  }
}
