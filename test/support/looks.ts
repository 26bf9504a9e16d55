/** Longest time a program takes to show what is waited for, on a busy machine. */
const patienceMs = 30_000;

/** Those who wait for something to be on one screen. */
export class Looks {
  readonly #screen: () => string;
  readonly #waiting = new Set<() => void>();

  constructor(screen: () => string) {
    this.#screen = screen;
  }

  /** The screen has changed. */
  look(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves with the first match once it is on the screen. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(limit);
        this.#waiting.delete(look);
        then();
      };
      const look = (): void => {
        const found = pattern.exec(this.#screen());
        if (found !== null) settle(() => resolve(found));
      };
      const limit = setTimeout(
        () => settle(() => reject(new Error(`the screen never showed ${pattern}:\n${this.#screen()}`))),
        patienceMs,
      );
      this.#waiting.add(look);
      look();
    });
  }
}
