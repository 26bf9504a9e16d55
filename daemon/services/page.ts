/** Most characters of text in a page: with every one escaped it fits a frame. */
const pageLength = 1_000_000;

/** The part of a list that one answer holds. */
export interface Page<T> {
  readonly items: T[];
  /** Whether there is more behind it. */
  readonly more: boolean;
}

/** Takes from what was found as many as are asked for and fit a frame, but at least one. */
export function pageOf<T>(found: Iterable<T>, limit: number, lengthOf: (item: T) => number): Page<T> {
  const items: T[] = [];
  let length = 0;
  for (const item of found) {
    length += lengthOf(item);
    if (items.length === limit || (items.length > 0 && length > pageLength)) return { items, more: true };
    items.push(item);
  }
  return { items, more: false };
}
