import type { BrainOutput, ToldOutput } from '../../contract.js';
import type { Json } from '../json.js';
import { timeOf } from './order.js';

/** Finds what an earlier daemon has not told of a transcript: all that comes after the last thing it did. */
export class CatchUp {
  readonly #told: (output: ToldOutput) => boolean;
  readonly #since: number;
  #news: BrainOutput[] = [];

  /** `since`: when the terminal was opened, in ms since 1970; what was said before was dispatched. */
  constructor(told: (output: ToldOutput) => boolean, since: number) {
    this.#told = told;
    this.#since = since;
  }

  add(line: Json, outputs: readonly BrainOutput[]): void {
    if (outputs.some((output) => isTellable(output) && this.#told(output))) this.#news = [];
    else if (timeOf(line) >= this.#since) this.#news.push(...outputs);
  }

  /** What is still to be told, in order. */
  news(): readonly BrainOutput[] {
    return this.#news;
  }
}

function isTellable(output: BrainOutput): output is ToldOutput {
  return (
    output.type === 'message.completed' ||
    output.type === 'message.typed' ||
    output.type === 'tool.started' ||
    output.type === 'tool.finished'
  );
}
