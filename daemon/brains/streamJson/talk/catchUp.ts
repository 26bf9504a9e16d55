import type { BrainOutput, ToldOutput } from '../../contract.js';

/** Finds what an earlier daemon has not told of a transcript: all that comes after the last thing it did. */
export class CatchUp {
  readonly #told: (output: ToldOutput) => boolean;
  #news: BrainOutput[] = [];

  constructor(told: (output: ToldOutput) => boolean) {
    this.#told = told;
  }

  /** Takes what a line says, and what of that is new if it was not told. */
  add(outputs: readonly BrainOutput[], news: readonly BrainOutput[]): void {
    if (outputs.some((output) => isTellable(output) && this.#told(output))) this.#news = [];
    else this.#news.push(...news);
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
