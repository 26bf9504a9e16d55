/** How much may be on its way to a client that has not said it read it, in bytes. */
const creditBytes = 1024 * 1024;

/** What one client was sent and what it says it has read; places are bytes of the output. */
export class Credit {
  #sent = 0;
  #acked = 0;
  /** Where the present stretch begins: data goes on there after a screen that took the place of what was between. */
  #base = 0;
  /** What was not read when the stretch began. */
  #debt = 0;
  #furthest = 0;

  /** Place after the last byte that was sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The furthest place that may be acknowledged. */
  get furthest(): number {
    return this.#furthest;
  }

  /** Bytes that may still be sent. */
  get room(): number {
    return Math.max(0, creditBytes - this.#unread);
  }

  get #unread(): number {
    return this.#debt + Math.max(0, this.#sent - Math.max(this.#acked, this.#base));
  }

  /** Goes on elsewhere: what is skipped needs no acknowledgement. */
  jump(place: number): void {
    this.#debt = this.#unread;
    this.#base = place;
    this.#acked = Math.min(this.#acked, place);
    this.advance(place);
  }

  /** Sent up to there. */
  advance(place: number): void {
    this.#sent = place;
    this.#furthest = Math.max(this.#furthest, place);
  }

  /** Read up to there; false if that was known. */
  ack(place: number): boolean {
    if (place <= this.#acked) return false;
    this.#debt = place >= this.#base ? 0 : Math.max(0, this.#debt - (place - this.#acked));
    this.#acked = place;
    return true;
  }
}
