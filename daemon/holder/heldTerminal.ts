import type { Disposable } from '../lifecycle.js';
import type { Channel } from './channel.js';
import type { FoundState, HeldSize, HeldTerminal, Spool } from './contract.js';
import { HolderLanes } from './heldLanes.js';
import { type HeldBrain, HeldRun } from './heldRun.js';
import { mainChannel } from './program/wire.js';
import { SpoolReader } from './spoolReader.js';

/** Most that may wait for a program that does not read, in bytes. */
const inputBytes = 4 * 1024 * 1024;

/** A program in a terminal, under a holder. */
export class TerminalRun extends HeldRun implements HeldTerminal {
  readonly spool: Spool;
  readonly found?: FoundState;
  readonly #lanes: HolderLanes;
  #size: HeldSize;
  #sent: number;
  #taken: number;

  constructor(brain: HeldBrain & { readonly size: HeldSize }, found?: FoundState) {
    super(brain);
    this.#size = brain.size;
    if (found) this.found = found;
    this.#sent = found && 'received' in found.input ? found.input.received : brain.taken;
    this.#taken = brain.taken;
    this.#lanes = new HolderLanes(this.holder);
    this.spool = new SpoolReader(this.holder.folder, () => this.#channel.end);
  }

  get size(): HeldSize {
    return this.#size;
  }

  get sent(): number {
    return this.#sent;
  }

  get lanes(): HolderLanes | undefined {
    return this.#lanes.there ? this.#lanes : undefined;
  }

  write(data: Buffer): boolean {
    if (!this.isAlive()) return true;
    if (this.#sent + data.length - this.#taken > inputBytes) return false;
    this.#sent += data.length;
    this.holder.link.input(data);
    return true;
  }

  resize(size: HeldSize): void {
    this.#size = size;
    this.holder.link.resize(size);
  }

  onOutput(listener: (offset: number, chunk: Buffer) => void): Disposable {
    return this.#channel.on(listener);
  }

  taken(total: number): void {
    this.#taken = total;
  }

  laneStalled(token: Buffer): void {
    this.#lanes.stalled(token);
  }

  get #channel(): Channel {
    const channel = this.channels[mainChannel];
    if (channel === undefined) throw new Error('a terminal has a channel');
    return channel;
  }
}
