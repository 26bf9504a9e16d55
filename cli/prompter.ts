import type { Output } from './output.js';
import { discardTypeAhead } from './typeAhead.js';

interface Asking {
  readonly text: string;
  readonly answer: (line: string | undefined) => void;
}

/**
 * Asks the user at the terminal, a line at a time. While a question stands all other output is held; a question
 * that comes later goes first, and the former is asked again after it. What was typed before a question is shown
 * never counts as its answer. The terminal stays in its own line mode, so that Ctrl-C is a signal at all times.
 */
export class Prompter {
  readonly #stdin: NodeJS.ReadStream;
  readonly #out: Output;
  readonly #stack: Asking[] = [];
  #typed = '';
  #listening = false;
  #ended = false;

  constructor(stdin: NodeJS.ReadStream, out: Output) {
    this.#stdin = stdin;
    this.#out = out;
  }

  /** Whether there is somebody to ask. */
  get interactive(): boolean {
    return this.#stdin.isTTY && this.#out.notes.terminal && !this.#ended;
  }

  /** Resolves with the line typed; undefined when the terminal has no more input, or on abort. */
  ask(text: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#ended || signal?.aborted === true) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const asking: Asking = {
        text,
        answer: (line) => {
          signal?.removeEventListener('abort', withdrawn);
          resolve(line);
        },
      };
      const withdrawn = (): void => this.#withdraw(asking);
      signal?.addEventListener('abort', withdrawn, { once: true });
      if (this.#stack.length > 0) this.#out.ask('\n');
      this.#stack.push(asking);
      this.#out.hold();
      this.#show(text);
      this.#listen();
    });
  }

  /** Lets go of the terminal; questions that stand resolve with undefined. */
  dispose(): void {
    // What was held comes after the line of the question, not into it.
    if (this.#stack.length > 0) this.#out.ask('\n');
    for (const asking of this.#stack.splice(0)) asking.answer(undefined);
    this.#rest();
    this.#stdin.removeListener('data', this.#onData);
    this.#stdin.removeListener('end', this.#onEnd);
    this.#listening = false;
  }

  #listen(): void {
    if (!this.#listening) {
      this.#listening = true;
      this.#stdin.setEncoding('utf8');
      this.#stdin.on('data', this.#onData);
      this.#stdin.on('end', this.#onEnd);
    }
    this.#stdin.resume();
  }

  readonly #onData = (chunk: string | Buffer): void => {
    this.#typed += String(chunk);
    const end = this.#typed.indexOf('\n');
    if (end < 0) return;
    const line = this.#typed.slice(0, end).trim();
    // More lines of the same piece were typed, or pasted, before another question was shown.
    this.#typed = '';
    const asking = this.#stack.pop();
    if (asking === undefined) return;
    this.#next();
    asking.answer(line);
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.dispose();
  };

  #withdraw(asking: Asking): void {
    const at = this.#stack.indexOf(asking);
    if (at < 0) return;
    const onTop = at === this.#stack.length - 1;
    this.#stack.splice(at, 1);
    if (onTop) {
      this.#out.ask('\n');
      this.#next();
    }
    asking.answer(undefined);
  }

  #next(): void {
    const former = this.#stack.at(-1);
    if (former === undefined) this.#rest();
    else this.#show(former.text);
  }

  #show(text: string): void {
    this.#typed = '';
    discardTypeAhead(this.#stdin);
    this.#out.ask(text);
  }

  #rest(): void {
    // What was typed for a question that is gone must not answer the next one.
    this.#typed = '';
    this.#stdin.pause();
    this.#out.release();
  }
}
