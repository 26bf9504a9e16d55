import { createContext, Script, type Context } from 'node:vm';

/** Longest pattern that is taken. */
const longestPattern = 1000;

/**
 * Most time a match may take, in milliseconds, as a pattern can be made to take for ever; and what it may take the
 * first time that is not enough, as the machine may be what is slow.
 */
const matchTime = { usual: 50, once: 500 } as const;

/** Patterns that took too long even so; as many as are remembered. */
const slow = new Set<string>();
const mostSlow = 100;

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

/** Whether a line matches; false where that takes too long to find out, or the pattern is none. */
export function matchesInTime(pattern: string, line: string): boolean {
  if (patternProblem(pattern) !== undefined) return false;
  const found = matches({ pattern, line }, matchTime.usual);
  if (found !== undefined || slow.has(pattern)) return found === true;
  const foundLate = matches({ pattern, line }, matchTime.once);
  if (foundLate === undefined && slow.size < mostSlow) slow.add(pattern);
  return foundLate === true;
}

/** Undefined when it was not found out in time. */
function matches(
  what: { readonly pattern: string; readonly line: string },
  timeout: number,
): boolean | undefined {
  context ??= createContext({ pattern: '', line: '' });
  Object.assign(context, what);
  try {
    return match.runInContext(context, { timeout }) === true;
  } catch {
    // All else was found out above: it took too long.
    return undefined;
  }
}
