/** Finds what an earlier call of that method answered. */
export type ResultOf = (method: string) => unknown;

const reference = /^\$([a-z]+(?:[./][a-z]+)?)\.(\w+(?:\.\w+)*)$/;

function lookUp(result: unknown, path: string, text: string): unknown {
  let value = result;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      throw new Error(`nothing at ${text}`);
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/**
 * Replaces every string `$<method>.<path>` by that member of the method's result. `isMethod` tells a reference
 * from a text that only looks like one. Throws where the result has no such member.
 */
export function resolveReferences(
  value: unknown,
  isMethod: (name: string) => boolean,
  resultOf: ResultOf,
): unknown {
  if (typeof value === 'string') {
    const [, method, path] = reference.exec(value) ?? [];
    if (method === undefined || path === undefined || !isMethod(method)) return value;
    return lookUp(resultOf(method), path, value);
  }
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, isMethod, resultOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolveReferences(member, isMethod, resultOf)]),
  );
}
