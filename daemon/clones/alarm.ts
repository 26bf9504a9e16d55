/** At most one thing to be done later; it keeps no process alive. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;

  /** In the place of what was set before. */
  set(ms: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, ms);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
