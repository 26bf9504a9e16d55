/** Tells when a program has printed nothing for a while. */
export class Quiet {
  #lastMs = performance.now();
  #ended = false;
  readonly #woken = new Set<() => void>();

  /** Whether nothing more will happen. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Something happened: the time starts anew. */
  mark(): void {
    this.#lastMs = performance.now();
    this.#wake();
  }

  /** Nothing more will happen. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Resolves with the next mark, or the end. */
  next(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => this.#woken.add(resolve));
  }

  /** Resolves once nothing was marked for so long, or at the end. */
  async for(ms: number): Promise<void> {
    for (;;) {
      const left = this.#lastMs + ms - performance.now();
      if (this.#ended || left <= 0) return;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([this.next(), new Promise((resolve) => (timer = setTimeout(resolve, left)))]);
      clearTimeout(timer);
    }
  }

  #wake(): void {
    const woken = [...this.#woken];
    this.#woken.clear();
    for (const wake of woken) wake();
  }
}
