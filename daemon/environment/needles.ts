import type { Needle } from './piecewise.js';

/** A secret shorter than this is too common a text to look for. */
const shortest = 8;

/** The password, or the token that stands alone, in `scheme://user:password@host`. */
const passwordInUrl = /^[a-z][\w+.-]*:\/\/(?:[^/@\s:]*:)?([^/@\s]+)@/i;

/** What to look for where secrets must not be seen, the longest first: a secret may begin with another one. */
export function needlesOf(secrets: Iterable<readonly [string, string]>): Needle[] {
  return [...secrets]
    .flatMap(([name, value]) => {
      const password = passwordInUrl.exec(value)?.[1];
      return [value, ...(password === undefined ? [] : [password])].map((text) => ({ name, value: text }));
    })
    .filter(({ value }) => value.length >= shortest)
    .sort((a, b) => b.value.length - a.value.length);
}
