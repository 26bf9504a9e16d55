import type { z } from 'zod';
import type { ParamIssue, ParsedParams } from './dispatch.js';

/** Issues told of one call; a hostile object can have any number. */
const maxIssues = 50;
/** Longest path or message told, in characters: both can hold the client's own text. */
const maxText = 200;

const identifier = /^[A-Za-z_$][\w$]*$/;

const clip = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text);

/** A member's path as a person writes it: `limits.timeoutMs`, `types[0]`, `labels["x y"]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!identifier.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A union's failure says little; the branch that got furthest says what is wrong. */
function unfold(issue: z.ZodIssue): readonly z.ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  let best: readonly z.ZodIssue[] = [];
  let depth = issue.path.length;
  for (const branch of issue.unionErrors) {
    const issues = branch.issues.flatMap(unfold);
    const reach = Math.min(...issues.map(({ path }) => path.length));
    if (reach > depth) [best, depth] = [issues, reach];
  }
  return best.length > 0 ? best : [issue];
}

/** Makes a method's `parseParams` of its zod schema. */
export function paramsParser(schema: z.ZodTypeAny): (raw: unknown) => ParsedParams {
  return (raw) => {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return { ok: true, value: parsed.data as unknown };
    const issues = parsed.error.issues
      .slice(0, maxIssues)
      .flatMap(unfold)
      .slice(0, maxIssues)
      .map((issue): ParamIssue => ({ path: clip(formatPath(issue.path)), message: clip(issue.message) }));
    return { ok: false, issues };
  };
}
