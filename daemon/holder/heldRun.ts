import { type Disposable, onUnexpectedError } from '../lifecycle.js';
import { honestTag, watchedBytes } from './bounds.js';
import { memoryKills, ownCgroup } from './brainCgroup.js';
import { Channel } from './channel.js';
import type { HeldTag, ProcessExit, ProcessIdentity } from './contract.js';
import type { BrainListener } from './holderLink.js';
import type { HolderProcess } from './holderProcess.js';
import { defaultGraceMs, killGroups, sweep } from './kill.js';
import { watchMemory } from './memoryWatch.js';
import { readSegments } from './program/segments.js';
import { memoryOf } from './resources.js';

/** How long a holder may take to tell of the end of a brain that is gone, in ms: longer than it waits for output. */
const reportMs = 5_000;

/** Piece in which what a lost holder has left is read, in bytes. */
const pieceBytes = 64 * 1024;

/** A brain under its holder. */
export interface HeldBrain {
  readonly holder: HolderProcess;
  readonly tag: HeldTag;
  readonly identity: ProcessIdentity;
  /** By channel: how far its output is known already. */
  readonly from: readonly number[];
  /** How many bytes of input it has had already. */
  readonly taken: number;
  /** When it was started, in ms since 1970; now when left out. */
  readonly since?: number;
}

/** What piped programs and those in terminals have in common: their output in order, and their end. */
export abstract class HeldRun implements Disposable, BrainListener {
  readonly run: string;
  readonly tag: HeldTag;
  readonly identity: ProcessIdentity;
  readonly since: number;
  readonly exited: Promise<ProcessExit>;
  protected readonly holder: HolderProcess;
  protected readonly channels: readonly Channel[];
  readonly #ended: Promise<ProcessExit>;
  #tellEnded: (exit: ProcessExit) => void = () => undefined;
  #tellExited: (exit: ProcessExit) => void = () => undefined;
  #alive = true;
  #exit: ProcessExit | undefined;
  #swept: Promise<unknown> = Promise.resolve();
  /** A kill that is on, which sweeps as well. */
  #killing: Promise<unknown> | undefined;
  #settled = false;
  #handedOver = false;
  #outOfMemory = false;
  readonly #watch: Disposable | undefined;

  constructor({ holder, tag, identity, from, since }: HeldBrain) {
    this.holder = holder;
    this.run = holder.run;
    this.tag = honestTag(tag, identity);
    this.identity = identity;
    this.since = since ?? Date.now();
    this.#watch = this.#watchMemory();
    this.channels = from.map((offset) => new Channel(offset));
    this.#ended = new Promise((resolve) => (this.#tellEnded = resolve));
    this.exited = new Promise((resolve) => (this.#tellExited = resolve));
  }

  isAlive(): boolean {
    return this.#alive;
  }

  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  /** Whether another daemon has it now: it is not ours to end any more. */
  get handedOver(): boolean {
    return this.#handedOver;
  }

  /** Resolves when nothing of it is needed any more by a daemon that comes after a crash of this one. */
  unneeded(): Promise<void> {
    return Promise.resolve();
  }

  /** Leaves it to the next daemon: it works on, and nothing more is heard of it here, its end neither. */
  leave(): void {
    this.#handedOver = true;
    this.#settled = true;
    this.#alive = false;
    this.#watch?.dispose();
    this.holder.link.end();
  }

  async kill(graceMs: number = defaultGraceMs): Promise<ProcessExit> {
    if (this.#alive) {
      this.#killing = killGroups([this.identity], graceMs, this.#ended).catch(onUnexpectedError);
      await this.#killing;
    }
    if (this.#handedOver) return this.exited;
    // A holder that does not tell of it any more must not keep its clone waiting.
    const late = setTimeout(() => this.holder.kill(), reportMs);
    const exit = await this.exited;
    clearTimeout(late);
    return exit;
  }

  dispose(): void {
    void this.kill().catch(onUnexpectedError);
  }

  /** By channel: how far its output was told. */
  heard(): number[] {
    return this.channels.map(({ end }) => end);
  }

  output(channel: number, offset: number, chunk: Buffer): void {
    if (this.#settled) return;
    this.channels[channel]?.push(offset, chunk);
  }

  abstract taken(total: number): void;

  ended(exit: ProcessExit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.#alive = false;
    this.#watch?.dispose();
    // Before its cgroup is taken away.
    const cgroup = ownCgroup(this.identity);
    if (cgroup !== undefined && memoryKills(cgroup) > 0) this.#outOfMemory = true;
    this.#tellEnded(exit);
    // What a brain leaves running would go on changing the zone behind the back of its successor.
    this.#swept = this.#killing ?? sweep([this.identity]).catch(onUnexpectedError);
  }

  settled(exit: ProcessExit): void {
    void this.#settle(exit);
  }

  lost(replaced: boolean): void {
    void this.#mourn(replaced).catch(onUnexpectedError);
  }

  /** Where no cgroup bounds its memory. */
  #watchMemory(): Disposable | undefined {
    const limitBytes = watchedBytes(this.tag);
    if (limitBytes === undefined) return undefined;
    return watchMemory({
      limitBytes,
      measure: () => memoryOf(this.identity),
      exceeded: () => {
        this.#outOfMemory = true;
        void this.kill(0).catch(onUnexpectedError);
      },
    });
  }

  /** The holder died, or was killed: what is left of the brain ends too, as nobody hears it any more. */
  async #mourn(replaced: boolean): Promise<void> {
    if (this.#settled) return;
    const killed: ProcessExit = { code: null, signal: 'SIGKILL' };
    if (replaced) {
      this.#watch?.dispose();
      this.#handedOver = true;
      this.#exit ??= killed;
      this.#alive = false;
    } else {
      this.holder.kill();
      // At once, as clients that had it by a lane ask for what follows; and what was still being written.
      this.#rest();
      if (this.#alive) await killGroups([this.identity], defaultGraceMs).catch(onUnexpectedError);
      this.#rest();
    }
    await this.#settle(this.#exit ?? killed);
  }

  /** Tells what a holder wrote down and did not get to send. */
  #rest(): void {
    for (const [channel, { end }] of this.channels.entries()) {
      for (let offset = end; ;) {
        const chunk = readSegments(this.holder.folder, channel, { offset, max: pieceBytes });
        if (chunk === undefined || chunk.length === 0) break;
        this.output(channel, offset, chunk);
        offset += chunk.length;
      }
    }
  }

  async #settle(exit: ProcessExit): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    this.ended(exit);
    await this.#swept;
    for (const channel of this.channels) channel.close();
    this.#tellExited(exit);
  }
}
