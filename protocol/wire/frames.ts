/** Limits of one direction of the wire. */
export interface FrameLimits {
  /** Longest header block, its closing blank line included, in bytes. */
  readonly headerBytes: number;
  /** Longest body, in bytes. */
  readonly bodyBytes: number;
}

/** 4 KiB of header (ours takes about 25 bytes) and 8 MiB of body. */
export const defaultFrameLimits: FrameLimits = { headerBytes: 4096, bodyBytes: 8 * 1024 * 1024 };

/** The bytes cannot be cut into frames; nothing after them can be trusted, so the connection has to end. */
export class FrameError extends Error {
  override readonly name: string = 'FrameError';
}

const blankLine = Buffer.from('\r\n\r\n', 'latin1');
const nothing = Buffer.alloc(0);
/**
 * A body grows from here by doubling, so that an announced length alone costs nothing. The longest piece of a terminal's
 * output fits as base64.
 */
const firstBodyBytes = 96 * 1024;
const headerLine = /^([\w!#$%&'*+\-.^`|~]+):[ \t]*([\x20-\x7e\t]*)$/;
const decimalLength = /^(?:0|[1-9]\d{0,14})$/;
const charsetParameter = /;\s*charset\s*=\s*"?([^";\s]*)/i;

type State =
  | { readonly part: 'header'; held: Buffer; filled: number }
  | { readonly part: 'body'; held: Buffer; filled: number; readonly length: number };

/**
 * Cuts a byte stream into the bodies of `Content-Length` frames. Bytes are pushed as they come and
 * frames are pulled, so that the owner decides how many to take at once. Every byte is looked at a
 * bounded number of times, whatever the chunking.
 */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  #chunks: Buffer[] = [];
  #first = 0;
  #state: State = { part: 'header', held: nothing, filled: 0 };

  constructor(limits: Partial<FrameLimits> = {}) {
    this.#limits = { ...defaultFrameLimits, ...limits };
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Whether a frame has begun that is not complete. */
  get partial(): boolean {
    return this.#state.part === 'body' || this.#state.filled > 0 || this.#first < this.#chunks.length;
  }

  /** The next complete body, or undefined until more bytes come. Throws FrameError; the decoder is of no use after that. */
  next(): Buffer | undefined {
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined; chunk = this.#chunks[this.#first]) {
      const state = this.#state;
      if (state.part === 'header') {
        const length = this.#takeHeader(state, chunk);
        if (length === undefined) continue;
        this.#state = { part: 'body', held: nothing, filled: 0, length };
        if (length > 0) continue;
      }
      if (this.#state.part !== 'body') continue;
      const body = this.#takeBody(this.#state, this.#chunks[this.#first] ?? nothing);
      if (body === undefined) continue;
      this.#state = { part: 'header', held: nothing, filled: 0 };
      return body;
    }
    this.#chunks = [];
    this.#first = 0;
    return undefined;
  }

  /** Marks the first bytes of the current chunk as used. */
  #advance(chunk: Buffer, bytes: number): void {
    if (bytes < chunk.length) this.#chunks[this.#first] = chunk.subarray(bytes);
    else this.#first += 1;
  }

  #takeHeader(state: State, chunk: Buffer): number | undefined {
    const limit = this.#limits.headerBytes;
    if (state.filled === 0) {
      const end = chunk.subarray(0, limit).indexOf(blankLine);
      if (end !== -1) {
        this.#advance(chunk, end + blankLine.length);
        return this.#parseHeader(chunk.toString('latin1', 0, end));
      }
      state.held = Buffer.allocUnsafe(limit);
    }
    const before = state.filled;
    const taken = chunk.copy(state.held, before, 0, limit - before);
    const filled = before + taken;
    const end = state.held.subarray(0, filled).indexOf(blankLine, Math.max(0, before - blankLine.length + 1));
    if (end === -1) {
      if (filled === limit) throw new FrameError(`the header is longer than ${limit} bytes`);
      state.filled = filled;
      this.#advance(chunk, taken);
      return undefined;
    }
    this.#advance(chunk, end + blankLine.length - before);
    return this.#parseHeader(state.held.toString('latin1', 0, end));
  }

  #parseHeader(text: string): number {
    let length: number | undefined;
    for (const line of text.split('\r\n')) {
      const match = headerLine.exec(line);
      if (match === null) throw new FrameError('a header line is not of the form `Name: value`');
      const [, name = '', value = ''] = match;
      switch (name.toLowerCase()) {
        case 'content-length':
          if (length !== undefined) throw new FrameError('Content-Length is given twice');
          if (!decimalLength.test(value)) throw new FrameError('Content-Length is not a decimal number');
          length = Number(value);
          break;
        case 'content-type':
          if (!/^utf-?8$/i.test(charsetParameter.exec(value)?.[1] ?? 'utf-8')) {
            throw new FrameError('the charset is not utf-8');
          }
          break;
        default:
      }
    }
    if (length === undefined) throw new FrameError('Content-Length is missing');
    if (length > this.#limits.bodyBytes) {
      throw new FrameError(`Content-Length is over the limit of ${this.#limits.bodyBytes} bytes`);
    }
    return length;
  }

  #takeBody(state: State & { part: 'body' }, chunk: Buffer): Buffer | undefined {
    const missing = state.length - state.filled;
    if (state.filled === 0 && chunk.length >= missing) {
      if (missing > 0) this.#advance(chunk, missing);
      return chunk.subarray(0, missing);
    }
    const taken = Math.min(missing, chunk.length);
    const needed = state.filled + taken;
    if (needed > state.held.length) {
      const size = Math.min(state.length, Math.max(firstBodyBytes, needed, state.held.length * 2));
      const grown = Buffer.allocUnsafe(size);
      state.held.copy(grown, 0, 0, state.filled);
      state.held = grown;
    }
    chunk.copy(state.held, state.filled, 0, taken);
    state.filled = needed;
    this.#advance(chunk, taken);
    return needed === state.length ? state.held.subarray(0, needed) : undefined;
  }
}

/** The header of a body of so many bytes. */
export const frameHeader = (bytes: number): string => `Content-Length: ${bytes}\r\n\r\n`;

/** JSON as a frame: header and body in one string, and its size in bytes. */
export function frameOf(json: string): { readonly text: string; readonly bytes: number } {
  const length = Buffer.byteLength(json);
  const header = frameHeader(length);
  return { text: header + json, bytes: header.length + length };
}

/** One message as a frame. */
export function encodeFrame(message: object): { readonly text: string; readonly bytes: number } {
  return frameOf(JSON.stringify(message));
}
