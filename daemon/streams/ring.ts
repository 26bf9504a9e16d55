/** The newest bytes of an output, in memory of a fixed size; places are counted from the output's first byte. */
export class Ring {
  readonly #memory: Buffer;
  #start: number;
  #end: number;

  /** Of so many bytes, empty, at a place. */
  constructor(size: number, place: number) {
    // What is never written to takes no memory of the machine.
    this.#memory = Buffer.allocUnsafeSlow(size);
    this.#start = place;
    this.#end = place;
  }

  /** Place of the first byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Place after the last byte. */
  get end(): number {
    return this.#end;
  }

  append(chunk: Buffer): void {
    const size = this.#memory.length;
    this.#end += chunk.length;
    const kept = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    const at = (this.#end - kept.length) % size;
    const copied = kept.copy(this.#memory, at);
    kept.copy(this.#memory, 0, copied);
    this.#start = Math.max(this.#start, this.#end - size);
  }

  /** Forgets all and goes on elsewhere. */
  restart(place: number): void {
    this.#start = place;
    this.#end = place;
  }

  /** As many bytes from there as there are, up to `max`; undefined when they are not kept. Often a view that changes later. */
  read(place: number, max: number): Buffer | undefined {
    if (place < this.#start || place > this.#end) return undefined;
    const length = Math.min(max, this.#end - place);
    const at = place % this.#memory.length;
    const first = this.#memory.subarray(at, at + length);
    if (first.length === length) return first;
    return Buffer.concat([first, this.#memory.subarray(0, length - first.length)]);
  }
}
