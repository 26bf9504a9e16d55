import { isUtf8 } from 'node:buffer';

/** What a frame's body holds, or why it holds nothing. */
export type ParsedBody =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** Deepest nesting of arrays and objects: far over any method's parameters, far under what recursion bears. */
export const defaultMaxDepth = 64;

const quote = 0x22;
const backslash = 0x5c;

/** Whether brackets outside strings nest deeper than allowed. Bytes that are not JSON get any answer, but never a crash. */
function isTooDeep(body: Buffer, maxDepth: number): boolean {
  if (body.length <= maxDepth) return false;
  let depth = 0;
  for (let index = 0; index < body.length; index++) {
    switch (body[index]) {
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > maxDepth) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
      case quote:
        index = endOfString(body, index + 1);
        break;
      default:
    }
  }
  return false;
}

/** Index of the quote that closes the string beginning at `start`; strings are skipped at native speed. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(quote, start); end !== -1; end = body.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (end - escapes > start && body[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return body.length;
}

/** Reads a body strictly: UTF-8, JSON, no deeper than allowed. Never throws. */
export function parseBody(body: Buffer, maxDepth: number = defaultMaxDepth): ParsedBody {
  if (!isUtf8(body)) return { ok: false, reason: 'the body is not UTF-8' };
  if (isTooDeep(body, maxDepth)) return { ok: false, reason: `it nests deeper than ${maxDepth} levels` };
  try {
    return { ok: true, value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return { ok: false, reason: 'the body is not JSON' };
  }
}
