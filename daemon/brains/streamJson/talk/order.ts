import type { Json } from '../json.js';

/**
 * Puts the first lines of a new transcript in order: Claude Code may write the first answer before the words that
 * it answers, when that took less than its first flush. All wait for the one that has nothing before it.
 */
export class FirstLines {
  #held: Json[] | undefined = [];

  /** The lines that may be read now, in order. */
  take(line: Json): Json[] {
    if (!this.#held) return [line];
    this.#held.push(line);
    return line['parentUuid'] === null ? this.release() : [];
  }

  /** All that wait, in the order of their times; nothing waits from here on. */
  release(): Json[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held.sort((a, b) => timeOf(a) - timeOf(b));
  }

  get waiting(): boolean {
    return (this.#held?.length ?? 0) > 0;
  }
}

/** When a line was written, in ms since 1970; 0 where it does not say. */
export function timeOf(line: Json): number {
  const { timestamp } = line;
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(at) ? 0 : at;
}
