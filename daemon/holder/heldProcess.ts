import type { Disposable } from '../lifecycle.js';
import type { FoundState, HeldProcess } from './contract.js';
import { type HeldBrain, HeldRun } from './heldRun.js';
import { errorChannel, mainChannel } from './program/wire.js';

/** After so many bytes of output the holder is told that they need not be kept. */
const tellBytes = 4 * 1024 * 1024;

interface Waiter {
  readonly total: number;
  readonly done: () => void;
}

/** A program behind pipes, under a holder. */
export class PipedRun extends HeldRun implements HeldProcess {
  readonly found?: FoundState;
  readonly from: number;
  readonly #told: number[];
  #sent: number;
  #waiters: Waiter[] = [];
  #kept: number | undefined;
  #release: (() => void)[] = [];

  constructor(brain: HeldBrain, found?: FoundState) {
    super(brain);
    this.#sent = brain.taken;
    this.from = brain.from[mainChannel] ?? 0;
    this.#told = [...brain.from];
    if (found) this.found = found;
  }

  get sent(): number {
    return this.#sent;
  }

  keep(from: number | undefined): void {
    this.#kept = from;
    if (from !== undefined) return;
    this.#tell(mainChannel);
    for (const release of this.#release.splice(0)) release();
  }

  override unneeded(): Promise<void> {
    if (this.#kept === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#release.push(resolve));
  }

  write(data: string): Promise<void> {
    if (!this.isAlive()) return Promise.resolve();
    const bytes = Buffer.from(data, 'utf8');
    this.#sent += bytes.length;
    this.holder.link.input(bytes);
    return new Promise((done) => this.#waiters.push({ total: this.#sent, done }));
  }

  end(): void {
    this.holder.link.endInput();
  }

  onStdout(listener: (chunk: Buffer, offset: number) => void): Disposable {
    return this.#on(mainChannel, listener);
  }

  onStderr(listener: (chunk: Buffer) => void): Disposable {
    return this.#on(errorChannel, listener);
  }

  override output(channel: number, offset: number, chunk: Buffer): void {
    super.output(channel, offset, chunk);
    this.#tell(channel);
  }

  /** Tells the holder once in a while what need not be kept. */
  #tell(channel: number): void {
    const heard = this.channels[channel]?.end ?? 0;
    const end = channel === mainChannel ? Math.min(heard, this.#kept ?? heard) : heard;
    if (end - (this.#told[channel] ?? 0) < tellBytes) return;
    this.#told[channel] = end;
    this.holder.link.consumed(channel, end);
  }

  taken(total: number): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].total <= total) this.#waiters.shift()?.done();
  }

  override ended(...[exit]: Parameters<HeldRun['ended']>): void {
    super.ended(exit);
    this.taken(Infinity);
  }

  #on(channel: number, listener: (chunk: Buffer, offset: number) => void): Disposable {
    const found = this.channels[channel];
    if (found === undefined) throw new Error(`pipes have no channel ${channel}`);
    return found.on((offset, chunk) => listener(chunk, offset));
  }
}
