interface Waiting<T> {
  resolve(item: T | undefined): void;
  reject(error: Error): void;
}

/** Items that were taken and are still held, at least, before they are let go of: moving the others costs time. */
const leastTaken = 64;

/** Holds what has come until it is asked for, in order, and lets those wait who ask for more. */
export class Handout<T> {
  readonly #items: T[] = [];
  #first = 0;
  readonly #waiting: Waiting<T>[] = [];
  #end: { readonly error?: Error } | undefined;

  put(item: T): void {
    if (this.#end !== undefined) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** The next; undefined after the last, or a rejection with what it failed with, once. */
  async take(): Promise<T | undefined> {
    const item = this.#items[this.#first];
    if (item !== undefined) {
      this.#first += 1;
      this.#letGo();
      return item;
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return undefined;
  }

  /** Nothing more will come. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    const [first, ...rest] = this.#waiting.splice(0);
    if (error !== undefined && first !== undefined) first.reject(error);
    else first?.resolve(undefined);
    for (const waiting of rest) waiting.resolve(undefined);
    this.#end = error === undefined || first !== undefined ? {} : { error };
  }

  /** Forgets what was not taken. */
  drop(): void {
    this.#items.length = 0;
    this.#first = 0;
  }

  /** A consumer that is always a little behind never takes the last: what it has taken must go all the same. */
  #letGo(): void {
    const { length } = this.#items;
    if (this.#first === length) return this.drop();
    if (this.#first < leastTaken || this.#first * 2 < length) return;
    this.#items.splice(0, this.#first);
    this.#first = 0;
  }
}
