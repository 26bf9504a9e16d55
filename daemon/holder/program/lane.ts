import type { Socket } from 'node:net';
import { frame, FrameReader, putOffset, takeOffset } from './frames.js';
import type { LaneSource } from './laneSource.js';
import { fromLane, laneRights, tokenBytes, toLane } from './wire.js';

/** Longest frame of a client, in bytes: 64 Ki characters and more. */
const longestFrame = 256 * 1024;
/** How far a lane may fall behind before its client is better off with a fresh screen, in bytes. */
const mostBehind = 1024 * 1024;
/** Most that waits for a client beyond what the kernel takes, in bytes; answers to what it types included. */
const mostWaiting = 1024 * 1024;
/** How long a client may take to say its token, in ms. */
const helloMs = 5_000;
/** How long the answer to a key waits for output to go with, in ms. */
const answerMs = 1;
/** From here on what is typed is no key, and is answered at once, in bytes. */
const longInput = 1024;

/** What a lane hears from, and tells, the holder. */
export interface LaneParts {
  readonly source: LaneSource;
  /** How long it may take nothing of what waits for it, in ms. */
  readonly stallMs: number;
  /** What the token allows, once: undefined where nobody gave it out. */
  admit(token: string): number | undefined;
  /** False where too much waits for the program. */
  type(data: Buffer): boolean;
  stalled(): void;
  closed(): void;
}

type State = 'new' | 'open' | 'over';

/** One client's own way to a terminal: what is put out goes to it first, what it types comes from it. */
export class Lane {
  token = '';
  readonly #socket: Socket;
  readonly #parts: LaneParts;
  #state: State = 'new';
  #rights = 0;
  /** What it gets next. */
  #at = 0;
  /** No byte from here on is allowed yet. */
  #limit = 0;
  /** Changes of size that it knows, or that were before it came. */
  #sizes = 0;
  /** What was there when it came is no backlog. */
  #goal = 0;
  /** Whether something has stood in the way since it last had everything. */
  #delayed = false;
  /** Whether an answer to what it typed is due. */
  #owed = false;
  #answering: NodeJS.Timeout | undefined;
  #blockedSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, parts: LaneParts) {
    this.#socket = socket;
    this.#parts = parts;
    const frames = new FrameReader((type, payload) => this.#obey(type, payload), longestFrame);
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch {
        // It does not speak this protocol.
        this.destroy();
      }
    });
    socket.on('drain', () => {
      this.#blockedSince = undefined;
      this.serve();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.destroy();
      parts.closed();
    });
    this.#timer = setTimeout(() => this.destroy(), helloMs);
  }

  /** Output as it comes, in a frame that others share; what is not sent here is in the spool by the time it is served. */
  push(offset: number, whole: Buffer, bytes: number): void {
    if (this.#state !== 'open') return;
    const end = offset + bytes;
    if (this.#at !== offset || this.#delayed || end > this.#limit || this.#pressed) {
      this.#delayed = true;
      return;
    }
    this.#at = end;
    if (!this.#owed) this.#socket.write(whole);
    else if (whole.length <= longInput) {
      this.#owed = false;
      const both = Buffer.allocUnsafe(answerBytes + whole.length);
      taken.copy(both);
      whole.copy(both, answerBytes);
      this.#socket.write(both);
    } else {
      this.#answer();
      this.#socket.write(whole);
    }
  }

  /** Sends what it has missed, as far as it takes it. */
  serve(): void {
    const { source } = this.#parts;
    while (this.#state === 'open') {
      const change = source.sizeAfter(this.#sizes);
      const end = Math.min(source.end, change?.offset ?? Infinity);
      if (this.#at >= end && change === undefined) return this.#settle();
      if (this.#pressed || (this.#at < end && this.#at >= this.#limit)) return this.#wait();
      if (this.#at < end && this.#isBehind()) return this.handBack();
      if (this.#at < end) this.#catchUp(Math.min(end, this.#limit));
      else if (change !== undefined) {
        this.#sizes = change.count;
        const payload = Buffer.allocUnsafe(12);
        putOffset(payload, 0, change.offset);
        payload.writeUInt16BE(change.size.cols, 8);
        payload.writeUInt16BE(change.size.rows, 10);
        this.#send(frame(toLane.resized, payload));
      }
    }
  }

  /** Sends its client back to the daemon, from the byte it has come to. */
  handBack(): void {
    if (this.#state !== 'open') return this.destroy();
    if (this.#owed) this.#answer();
    const payload = Buffer.allocUnsafe(8);
    putOffset(payload, 0, this.#at);
    this.#send(frame(toLane.over, payload));
    this.#end();
    this.#socket.destroySoon();
    // Not for ever: it may not read that either.
    this.#timer = setTimeout(() => this.#socket.destroy(), helloMs);
  }

  /** Ends it at once. */
  destroy(): void {
    this.#end();
    this.#socket.destroy();
  }

  /** Bytes that wait for its client in this process. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  get #pressed(): boolean {
    return this.#socket.writableLength >= this.#socket.writableHighWaterMark;
  }

  #obey(type: number, payload: Buffer): void {
    if (this.#state === 'over') return;
    if (this.#state === 'new') return this.#greet(type, payload);
    switch (type) {
      case fromLane.input:
        return this.#type(payload);
      case fromLane.allow:
        this.#limit = Math.max(this.#limit, takeOffset(payload, 0));
        this.#blockedSince = undefined;
        return this.serve();
      case fromLane.leave:
        return this.handBack();
    }
  }

  #greet(type: number, payload: Buffer): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const token = payload.toString('latin1', 0, tokenBytes);
    const whole = type === fromLane.hello && payload.length >= tokenBytes + 16;
    const rights = whole ? this.#parts.admit(token) : undefined;
    const { source } = this.#parts;
    const at = rights === undefined ? -1 : takeOffset(payload, tokenBytes);
    if (rights === undefined || at > source.end) return this.destroy();
    this.token = token;
    this.#rights = rights;
    this.#state = 'open';
    this.#at = at;
    this.#limit = takeOffset(payload, tokenBytes + 8);
    this.#sizes = source.sizesBefore(at);
    this.#goal = source.end;
    this.#socket.write(frame(toLane.opened));
    this.serve();
  }

  #type(data: Buffer): void {
    if ((this.#rights & laneRights.write) === 0) return this.destroy();
    if (!this.#parts.type(data)) return this.#send(frame(toLane.full));
    // One that does not wait for its answers.
    if (this.#owed) this.#answer();
    this.#owed = true;
    if (data.length > longInput) return this.#answer();
    // Not by a timer for each key: the next answer may as well come a little earlier.
    this.#answering ??= setTimeout(() => {
      this.#answering = undefined;
      if (this.#owed) this.#answer();
    }, answerMs);
  }

  #answer(): void {
    this.#owed = false;
    this.#send(taken);
  }

  #catchUp(end: number): void {
    const piece = this.#parts.source.read(this.#at, end);
    // What is no longer kept is the daemon's business: it has a screen to give instead.
    if (piece === undefined) return this.handBack();
    this.#at = piece.end;
    this.#socket.write(piece.whole);
  }

  #isBehind(): boolean {
    if (!this.#delayed || (this.#rights & laneRights.lossless) !== 0) return false;
    return this.#parts.source.end - Math.max(this.#at, this.#goal) > mostBehind;
  }

  #settle(): void {
    this.#delayed = false;
    this.#blockedSince = undefined;
    if (this.#parts.source.ended) this.handBack();
  }

  #wait(): void {
    this.#delayed = true;
    this.#blockedSince ??= performance.now();
    this.#timer ??= setTimeout(() => this.#look(), this.#parts.stallMs);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#state !== 'open' || this.#blockedSince === undefined) return;
    const left = this.#blockedSince + this.#parts.stallMs - performance.now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), left);
      return;
    }
    this.#parts.stalled();
    this.destroy();
  }

  #send(data: Buffer): void {
    // It types, or has its terminal's size changed, and reads nothing of the answers.
    if (this.#socket.writableLength > mostWaiting) this.destroy();
    else if (this.#socket.writable) this.#socket.write(data);
  }

  #end(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
    clearTimeout(this.#answering);
    this.#timer = undefined;
    this.#answering = undefined;
    this.#owed = false;
  }
}

const taken = frame(toLane.taken);
const answerBytes = taken.length;
