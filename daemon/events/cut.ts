/** A text that may have lost its tail. */
export interface CutText {
  readonly text: string;
  readonly truncated?: true;
}

/** Longest text of a message in the history, in UTF-16 units. */
export const maxMessageLength = 256 * 1024;

/** Longest output or input of a tool in the history, in UTF-16 units. */
export const maxToolLength = 64 * 1024;

/** Longest text of a task's error, in UTF-16 units; a brain may give a reason of any length. */
export const maxErrorLength = 8 * 1024;

/** Longest result of a task, in UTF-16 units; with the task's own text and every character escaped it fits a frame. */
export const maxResultLength = 500_000;

/** Cuts a text to a length, never in the middle of a surrogate pair. */
export function cut(text: string, max: number): CutText {
  if (text.length <= max) return { text };
  const last = text.charCodeAt(max - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return { text: text.slice(0, splitsPair ? max - 1 : max), truncated: true };
}

/** A tool's input as an object of bounded size; what is not an object is wrapped as `value`. */
export function boundedObject(input: unknown, max: number): Record<string, unknown> {
  const text = JSON.stringify(input ?? {}) ?? '{}';
  if (text.length > max) return { truncated: true, preview: cut(text, Math.min(max, 2000)).text };
  const whole: unknown = JSON.parse(text);
  return typeof whole === 'object' && whole !== null && !Array.isArray(whole)
    ? (whole as Record<string, unknown>)
    : { value: whole };
}

/** Longest title of a tool or approval, in UTF-16 units. */
const maxTitleLength = 160;

/** A title that fits one line; to be called once secrets are out of it, as a part of one could stay at the cut. */
export function cutTitle(title: string): string {
  return title.length > maxTitleLength ? `${cut(title, maxTitleLength - 1).text}…` : title;
}
