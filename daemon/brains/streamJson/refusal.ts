/** Why a process could not take its conversation up; another opening mends it, or another sandbox. */
export type Refusal = 'unknown' | 'taken' | 'unconfined';

const refusals: readonly (readonly [RegExp, Refusal])[] = [
  [/no conversation found/i, 'unknown'],
  [/already in use/i, 'taken'],
  // A socket that it was to mask, or a folder that it was to show, went away since the sandbox was planned.
  [/^bwrap: Can't (?:create file at|find source path) /m, 'unconfined'],
];

/** The refusal in a process's last words, if there is one. */
export function refusalIn(words: string): Refusal | undefined {
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}
