/** Most lines on either side that are compared one by one; longer middles are shown as replaced whole. */
const mostCompared = 1000;

/** Lines shown around a change. */
const context = 3;

type Line = readonly [sign: ' ' | '-' | '+', text: string];

/** What differs between two texts, as a unified diff; empty where nothing does. */
export function unifiedDiff(name: string, before: string | undefined, after: string | undefined): string {
  const lines = script(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines);
  if (hunks === '') return '';
  const from = before === undefined ? '/dev/null' : `a/${name}`;
  const to = after === undefined ? '/dev/null' : `b/${name}`;
  return `--- ${from}\n+++ ${to}\n${hunks}`;
}

/** A text's lines, each with its end, which the last one may lack. */
function linesOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

function script(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): Line[] => lines.map((text) => [' ', text]);
  return [
    ...same(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

/** The longest common lines stay, the rest goes and comes. */
function middle(a: readonly string[], b: readonly string[]): Line[] {
  const replaced = (): Line[] => [
    ...a.map((text): Line => ['-', text]),
    ...b.map((text): Line => ['+', text]),
  ];
  if (a.length === 0 || b.length === 0 || a.length > mostCompared || b.length > mostCompared)
    return replaced();
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      lines.push([' ', left]);
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(['-', left]);
      i += 1;
    } else if (right !== undefined) {
      lines.push(['+', right]);
      j += 1;
    }
  }
  return lines;
}

function hunksOf(lines: readonly Line[]): string {
  const changed = lines.flatMap(([sign], index) => (sign === ' ' ? [] : [index]));
  let text = '';
  let [seen, a, b] = [0, 1, 1];
  for (let n = 0; n < changed.length;) {
    const first = changed[n] ?? 0;
    let last = first;
    for (; n < changed.length && (changed[n] ?? 0) - last <= 2 * context + 1; n++) last = changed[n] ?? last;
    const [from, to] = [Math.max(0, first - context), Math.min(lines.length, last + context + 1)];
    for (; seen < from; seen++) {
      a += 1;
      b += 1;
    }
    const hunk = lines.slice(from, to);
    const [inA, inB] = ['-', '+'].map(
      (sign) => hunk.filter((line) => line[0] === ' ' || line[0] === sign).length,
    );
    text += `@@ -${inA === 0 ? a - 1 : a},${inA} +${inB === 0 ? b - 1 : b},${inB} @@\n`;
    for (const [sign, line] of hunk)
      text += sign + (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`);
    a += inA ?? 0;
    b += inB ?? 0;
    seen = to;
  }
  return text;
}
