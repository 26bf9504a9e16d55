import { setTimeout as sleep } from 'node:timers/promises';
import { KhloneError } from '../../protocol/error.js';
import type { CallOptions } from '../caller.js';
import { onAbort, type Disposable } from '../disposable.js';
import { failBecause } from '../wire-errors.js';
import type { Paper } from './paper.js';

/** Most of one write, in characters or bytes: far below the protocol's limit, so that other calls pass between two. */
const sliceLength = 64 * 1024;
const firstPauseMs = 2;
const longestPauseMs = 100;

/** Where what is typed goes. */
export interface TypingLine<D> {
  /** Undefined when there is a connection, else resolves once there is one, or never will be. */
  ready(): Promise<unknown> | undefined;
  /** Rejects with inputFull when the program does not read: nothing was taken then. */
  send(parts: readonly D[]): Promise<unknown>;
}

interface Entry<D> {
  readonly data: D;
  /** How much of it was taken by the daemon. */
  done: number;
  readonly abort: Disposable;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * What is typed into one terminal, in order: one write is on its way at a time, and what is typed meanwhile goes
 * into the next. So a write that the daemon refuses for now holds up those behind it, and none overtakes it.
 */
export class Typing<D> {
  readonly #paper: Paper<D>;
  readonly #line: TypingLine<D>;
  readonly #stop: AbortSignal;
  readonly #entries: Entry<D>[] = [];
  #pumping = false;

  /** `stop` aborts when the stream is over. */
  constructor(paper: Paper<D>, line: TypingLine<D>, stop: AbortSignal) {
    this.#paper = paper;
    this.#line = line;
    this.#stop = stop;
  }

  async write(data: string | Uint8Array, { signal }: CallOptions = {}): Promise<void> {
    if (signal?.aborted === true) throw failBecause('cancelled', {}, signal.reason);
    const taken = this.#paper.take(data);
    if (this.#paper.length(taken) === 0) return;
    await new Promise<void>((resolve, reject) => {
      const abort = onAbort(signal, () => {
        this.#entries.splice(this.#entries.indexOf(entry), 1);
        reject(failBecause('cancelled', {}, signal?.reason));
      });
      const entry: Entry<D> = { data: taken, done: 0, abort, resolve, reject };
      this.#entries.push(entry);
      if (!this.#pumping) void this.#pump();
    });
  }

  /** Rejects all that waits: behind something that may be missing, nothing else is to be typed. */
  fail(error: unknown): void {
    for (const entry of this.#entries.splice(0)) {
      entry.abort.dispose();
      entry.reject(error);
    }
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    let pauseMs = firstPauseMs;
    while (this.#entries.length > 0) {
      const ready = this.#line.ready();
      if (ready !== undefined) {
        await ready;
        continue;
      }
      const slices = this.#gather();
      try {
        await this.#line.send(slices.map(({ part }) => part));
        pauseMs = firstPauseMs;
        for (const { entry, part } of slices) this.#taken(entry, this.#paper.length(part));
      } catch (error) {
        if (error instanceof KhloneError && error.kind === 'inputFull') {
          await sleep(pauseMs, undefined, { signal: this.#stop }).catch(() => {});
          pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        } else {
          this.fail(error);
        }
      }
    }
    this.#pumping = false;
  }

  /** The next write: the rest of the first entry, or of several that fit. */
  #gather(): { readonly entry: Entry<D>; readonly part: D }[] {
    const slices = [];
    let room = sliceLength;
    for (const entry of this.#entries) {
      const part = this.#paper.cut(entry.data, entry.done, room);
      slices.push({ entry, part });
      room -= this.#paper.length(part);
      if (room <= 0) break;
    }
    return slices;
  }

  #taken(entry: Entry<D>, length: number): void {
    entry.done += length;
    if (entry.done < this.#paper.length(entry.data)) return;
    const index = this.#entries.indexOf(entry);
    // It is gone where it was aborted, or failed with the connection, while its last part was on its way.
    if (index === -1) return;
    this.#entries.splice(index, 1);
    entry.abort.dispose();
    entry.resolve();
  }
}
