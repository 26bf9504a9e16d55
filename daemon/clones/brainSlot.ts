import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { Brain, BrainSpec, BrainSupplier } from '../brains/contract.js';
import type { HeldSize } from '../holder/contract.js';
import { sameProcess } from './spec.js';

/** A process that is gone: what it served last, and whether it ended without being asked to. */
export interface GoneProcess {
  readonly posture: BrainSpec['posture'];
  readonly byItself: boolean;
  /** Whether it had used up the memory that it may use. */
  readonly outOfMemory: boolean;
}

interface Held {
  readonly brain: Brain;
  /** What it was started with, or is on now; unknown of one that an earlier daemon started. */
  spec: BrainSpec | undefined;
  /** Whether it serves nothing after its turn: it may be another one that is wanted by now. */
  readonly lastTurn?: boolean;
  /** What it serves, or served last. */
  posture: BrainSpec['posture'];
  asked: boolean;
}

/** Holds the one process that has a clone's conversation, warm between its tasks. */
export class BrainSlot {
  readonly #supplier: BrainSupplier;
  readonly #ended: (gone: GoneProcess) => void;
  #held: Held | undefined;

  /** `ended` is called when the process is gone, whoever ended it. */
  constructor(supplier: BrainSupplier, ended: (gone: GoneProcess) => void) {
    this.#supplier = supplier;
    this.#ended = ended;
  }

  /** What the process there is serves, or served last. */
  get posture(): BrainSpec['posture'] | undefined {
    return this.#held?.posture;
  }

  /** The process there is. */
  get brain(): Brain | undefined {
    return this.isAlive ? this.#held?.brain : undefined;
  }

  get isAlive(): boolean {
    return this.#held?.brain.isAlive() ?? false;
  }

  /** The process, if it is one that can serve this spec: from here on it does. */
  warm(spec: BrainSpec): Brain | undefined {
    const held = this.#held;
    if (!held?.brain.isAlive() || held.lastTurn) return undefined;
    if (!this.#supplier.sharesTerminal && held.posture !== spec.posture) return undefined;
    if (held.spec && !sameProcess(held.spec, spec)) return undefined;
    held.posture = spec.posture;
    if (spec.terminal) held.brain.adjust?.(spec.terminal);
    return held.brain;
  }

  /**
   * Ends what there is and starts a process of this spec: one at a time holds the conversation.
   * @throws brainMissing, brainDied, and what the system says
   */
  async start(spec: BrainSpec, size?: HeldSize): Promise<Brain> {
    await this.end('posture');
    const brain = await this.#supplier.spawn(spec, size);
    this.#hold({ brain, spec, posture: spec.posture, asked: false });
    return brain;
  }

  /** Takes up a process that runs already. */
  adopt(brain: Brain, posture: BrainSpec['posture']): void {
    this.#hold({ brain, spec: undefined, posture, asked: false });
  }

  /** Takes up a process in mid-turn. What it was started with is not known, so that it serves no other task. */
  ride(brain: Brain, posture: BrainSpec['posture']): void {
    const lastTurn = !this.#supplier.sharesTerminal;
    this.#hold({ brain, spec: undefined, posture, asked: false, lastTurn });
  }

  /** The process went on with another conversation. */
  moved(conversation: string): void {
    const held = this.#held;
    if (held?.spec) held.spec = { ...held.spec, conversation };
  }

  /** Tells those who look at its terminal why it ends, and ends it. Resolves when nothing of the process is left. */
  async end(reason: StreamEnd): Promise<void> {
    const held = this.#held;
    if (!held) return;
    held.asked = true;
    held.brain.terminal?.ending(reason);
    await held.brain.kill();
    this.#gone(held);
  }

  #hold(held: Held): void {
    this.#held = held;
    void held.brain.await().then(() => this.#gone(held));
  }

  #gone(held: Held): void {
    if (this.#held !== held) return;
    this.#held = undefined;
    const { brain, posture, asked } = held;
    this.#ended({ posture, byItself: !asked, outOfMemory: brain.outOfMemory === true });
  }
}
