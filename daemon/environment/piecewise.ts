/** A secret as it is looked for. */
export interface Needle {
  readonly name: string;
  readonly value: string;
}

/** The text with every secret replaced by its name; longer ones first, as one may begin with another. */
export function blotOut(needles: readonly Needle[], text: string): string {
  let clean = text;
  for (const { name, value } of needles) {
    if (clean.includes(value)) clean = clean.replaceAll(value, `[${name}]`);
  }
  return clean;
}

/**
 * Blots secrets out of a text that comes in pieces and may cut a secret in two: what could be the
 * beginning of one is held back until more has come.
 */
export class PiecewiseBlot {
  readonly #needles: readonly Needle[];
  #held = '';

  /** The longest secrets first. */
  constructor(needles: readonly Needle[]) {
    this.#needles = needles;
  }

  /** What may be shown of the text so far and was not shown before. */
  push(piece: string): string {
    const text = this.#held + piece;
    const end = this.#safeEnd(text);
    this.#held = text.slice(end);
    return blotOut(this.#needles, text.slice(0, end));
  }

  /** What was held back, once nothing more comes. */
  end(): string {
    const rest = blotOut(this.#needles, this.#held);
    this.#held = '';
    return rest;
  }

  /** Where a secret may have begun that is not whole yet; moved to the front of any whole one that lies across it. */
  #safeEnd(text: string): number {
    let end = text.length;
    for (const { value } of this.#needles) {
      for (let at = Math.max(0, text.length - value.length + 1); at < end; at++) {
        if (value.startsWith(text.slice(at))) end = at;
      }
    }
    for (let moved = true; moved;) {
      moved = false;
      for (const { value } of this.#needles) {
        const at = text.lastIndexOf(value, end - 1);
        if (at < 0 || at >= end || at + value.length <= end) continue;
        end = at;
        moved = true;
      }
    }
    return end;
  }
}
