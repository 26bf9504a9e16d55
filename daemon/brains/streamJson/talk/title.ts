const escape = 0x1b;
const bell = 0x07;

/** Longest title that is looked at, in bytes. */
const longestTitle = 1024;

/** Finds the titles that a program gives its terminal (OSC 0 and 2) in what it puts out. */
export class TitleReader {
  readonly #found: (title: string) => void;
  /** The start of a sequence whose end has not come yet. */
  #held: Buffer = Buffer.alloc(0);

  constructor(found: (title: string) => void) {
    this.#found = found;
  }

  push(chunk: Buffer): void {
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    for (let at = data.indexOf(escape); at >= 0; at = data.indexOf(escape, at + 1)) {
      const head = data.subarray(at + 1, at + 4).toString('latin1');
      if (!/^\][02];$/.test(head)) {
        // Perhaps the start of one, cut by the chunk's edge.
        if (head.length < 3 && /^(\][02]?)?$/.test(head)) this.#keep(data, at);
        continue;
      }
      const end = endOf(data, at + 4);
      if (end === undefined) {
        this.#keep(data, at);
        return;
      }
      this.#found(data.subarray(at + 4, end).toString('utf8'));
    }
  }

  #keep(data: Buffer, from: number): void {
    if (data.length - from <= longestTitle) this.#held = Buffer.from(data.subarray(from));
  }
}

/** Where a title ends: before the bell or the escape that ends its sequence. */
function endOf(data: Buffer, from: number): number | undefined {
  for (let at = from; at < data.length; at++) if (data[at] === bell || data[at] === escape) return at;
  return undefined;
}
