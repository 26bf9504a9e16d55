import type { HeldSize } from '../holder/contract.js';

/** A size and the byte from which it holds. */
export interface SizeChange {
  /** Counts the changes of one terminal, from 0. */
  readonly count: number;
  readonly offset: number;
  readonly size: HeldSize;
}

/** Changes that are remembered; whoever is further behind hears of the later ones only. */
const mostRemembered = 4096;

/** The sizes a terminal has had, in order. */
export class SizeHistory {
  readonly #changes: SizeChange[] = [];
  #last: SizeChange;

  /** `offset`: from where on the first size holds. */
  constructor(size: HeldSize, offset: number) {
    this.#last = { count: 0, offset, size };
    this.#changes.push(this.#last);
  }

  /** The size of now. */
  get last(): SizeChange {
    return this.#last;
  }

  /** Adds a size that holds from a byte on. */
  add(size: HeldSize, offset: number): void {
    this.#last = { count: this.#last.count + 1, offset, size };
    this.#changes.push(this.#last);
    if (this.#changes.length > mostRemembered) this.#changes.shift();
  }

  /** The first change after so many. */
  after(count: number): SizeChange | undefined {
    if (count >= this.#last.count) return undefined;
    const first = this.#changes[0]?.count ?? 0;
    return this.#changes[Math.max(0, count + 1 - first)];
  }

  /** The size in force at a byte. */
  at(offset: number): SizeChange {
    return this.#changes.findLast((change) => change.offset <= offset) ?? this.#changes[0] ?? this.#last;
  }
}

/** Whether two sizes are the same. */
export function sameSize(one: HeldSize, other: HeldSize): boolean {
  return one.cols === other.cols && one.rows === other.rows;
}
