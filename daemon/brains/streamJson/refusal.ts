/** Why a process could not take its conversation up; another opening mends it. */
export type Refusal = 'unknown' | 'taken';

const refusals: readonly (readonly [RegExp, Refusal])[] = [
  [/no conversation found/i, 'unknown'],
  [/already in use/i, 'taken'],
];

/** The refusal in a process's last words, if there is one. */
export function refusalIn(words: string): Refusal | undefined {
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}
