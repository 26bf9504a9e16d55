import type { ScreenText } from '../../streams/contract.js';
import { typedLines } from './paste.js';

/** The screen before a turn, as far as it is known. */
export interface Before {
  readonly say: string;
  /** The line that was typed into: the prompt, where there is one. */
  readonly line: string;
  readonly alternate: boolean;
}

/** The screen after it. */
export interface After {
  /** What it gained, as Screen.gained tells it. */
  readonly gained: string;
  readonly text: Pick<ScreenText, 'line' | 'alternate'>;
  /** Whether the cursor's line matched the prompt that is configured. */
  readonly prompt: boolean;
}

/** Stands before a result whose beginning is no longer on the screen. */
export function lostBefore(clone: string): string {
  return `[… earlier output is no longer on the screen; khlone record ${clone} - --all has what is kept of it]`;
}

/**
 * What a turn put on the screen: what was gained, without further lines of the text that was typed where they stand
 * there as they were typed, and without the line that waits for input where that is certain.
 */
export function resultOf({ say, line, alternate }: Before, { gained, text, prompt }: After): string {
  if (alternate || text.alternate) return gained;
  const lines = gained.split('\n');
  // The first line was typed into a line that was there before, and is gained only where that was empty.
  const typed = typedLines(say).slice(line === '' ? 0 : 1);
  if (showsTyped(lines, typed)) lines.splice(0, typed.length);
  const last = lines.at(-1);
  if (last === text.line && last !== undefined) {
    // Output without an end of line stands before the prompt.
    if (line !== '' && last.endsWith(line)) lines.splice(-1, 1, ...rest(last, line));
    else if (prompt) lines.pop();
  }
  return lines.join('\n').trimEnd();
}

/** Whether the lines begin with those that were typed, each after the same sign that more is expected, or none. */
function showsTyped(lines: readonly string[], typed: readonly string[]): boolean {
  const [first = ''] = lines;
  const sign = continuation.exec(first)?.[0] ?? '';
  const after = (mark: string): boolean => typed.every((each, at) => lines[at] === shown(`${mark}${each}`));
  return after('') || (sign !== '' && typed.some((each) => each !== '') && after(sign));
}

/** How a line stands on a screen: a tab goes to the next eighth column. */
function shown(line: string): string {
  let text = '';
  for (const [index, part] of line.split('\t').entries()) {
    if (index > 0) text = text.padEnd(text.length + 8 - (text.length % 8));
    text += part;
  }
  return text.trimEnd();
}

/** What a line editor puts before further lines: `> `, `... ` and the like. */
const continuation = /^[^\p{L}\p{N}\s]+ /u;

const rest = (last: string, prompt: string): string[] => {
  const output = last.slice(0, -prompt.length);
  return output === '' ? [] : [output];
};
