import type { Gained } from '../contract.js';
import type { Core, Marker, ScreenBuffer } from './core.js';
import { joined, logicalLine } from './screenText.js';

/** Where a screen was once: a place that moves with its line, and how the alternate screen looked. */
interface Mark {
  readonly marker: Marker;
  /** Nothing was on the line: what comes on it was gained, too. */
  readonly empty: boolean;
  readonly alternate: readonly string[] | undefined;
  readonly screen: readonly string[];
}

/** Tells what a screen gained since a mark. */
export class GainedLines {
  readonly #core: Core;
  #mark: Mark | undefined;
  /** Lines after the mark are no longer kept. */
  #lost = false;

  constructor(core: Core) {
    this.#core = core;
  }

  mark(): void {
    this.#forget();
    const { normal, alt, active } = this.#core.buffers;
    const alternate = active === alt;
    const row = alternate ? Math.max(0, normal.savedY) : normal.ybase + normal.y;
    const line = Math.min(row, normal.lines.length - 1);
    const marker = normal.addMarker(line);
    // A program that clears all there is leaves nothing above the screen.
    marker.onDispose(
      () => (this.#lost ||= this.#mark?.marker === marker && normal.lines.length > this.#core.rows),
    );
    this.#mark = {
      marker,
      empty: logicalLine(normal, line).text === '' && !normal.lines.get(line)?.isWrapped,
      alternate: alternate ? this.#all(alt, 0) : undefined,
      screen: this.#all(normal, normal.ybase),
    };
  }

  /** The screen starts anew in the middle of the output. */
  lose(): void {
    // Not only once: it may fall behind again.
    const lost = this.#lost || this.#mark !== undefined;
    this.#forget();
    this.#lost = lost;
  }

  #forget(): void {
    const mark = this.#mark;
    this.#mark = undefined;
    this.#lost = false;
    mark?.marker.dispose();
  }

  /**
   * The lines after the marked one, whole, and that too if it was empty; all that are kept where there was no mark or its line is no longer
   * kept. A screen that was redrawn from above the mark, and the alternate one, tell the lines they did not have.
   */
  take(): Gained {
    return { text: this.#text(), complete: !this.#lost };
  }

  #text(): string {
    const { normal, alt, active } = this.#core.buffers;
    const mark = this.#mark;
    if (active === alt) return joined(added(this.#all(alt, 0), mark?.alternate ?? []));
    const row = mark ? mark.marker.line : -1;
    if (row < 0) return joined(this.#all(normal, 0));
    if (normal.ybase + normal.y < row)
      return joined(added(this.#all(normal, normal.ybase), mark?.screen ?? []));
    return joined(this.#all(normal, mark?.empty ? row : logicalLine(normal, row).next));
  }

  #all(buffer: ScreenBuffer, from: number): string[] {
    const lines: string[] = [];
    for (let row = from; row < buffer.lines.length;) {
      const { text, next } = logicalLine(buffer, row);
      lines.push(text);
      row = next;
    }
    return lines;
  }
}

/** The lines that were not there before, each as often as it is there more often than before. */
function added(now: readonly string[], before: readonly string[]): string[] {
  const had = new Map<string, number>();
  for (const line of before) had.set(line, (had.get(line) ?? 0) + 1);
  return now.filter((line) => {
    const left = had.get(line) ?? 0;
    if (left > 0) had.set(line, left - 1);
    return left === 0;
  });
}
