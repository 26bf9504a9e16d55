import type { Brain, BrainSpec, BrainSupplier } from '../brains/contract.js';
import { sameProcess } from './spec.js';

/** Holds the one process that has a clone's conversation, warm between its tasks. */
export class BrainSlot {
  readonly #supplier: BrainSupplier;
  readonly #ended: () => void;
  #held: { readonly brain: Brain; readonly spec: BrainSpec } | undefined;

  /** `ended` is called when the process is gone, whoever ended it. */
  constructor(supplier: BrainSupplier, ended: () => void) {
    this.#supplier = supplier;
    this.#ended = ended;
  }

  /** The posture of the process there is. */
  get posture(): BrainSpec['posture'] | undefined {
    return this.#held?.spec.posture;
  }

  get isAlive(): boolean {
    return this.#held?.brain.isAlive() ?? false;
  }

  /** The process, if it is one that a task of this spec can use. */
  warm(spec: BrainSpec): Brain | undefined {
    const held = this.#held;
    return held?.brain.isAlive() && sameProcess(held.spec, spec) ? held.brain : undefined;
  }

  /**
   * Ends what there is and starts a process of this spec: one at a time holds the conversation.
   * @throws brainMissing, and what the system says
   */
  async start(spec: BrainSpec): Promise<Brain> {
    await this.end();
    const brain = await this.#supplier.spawn(spec);
    this.#held = { brain, spec };
    void brain.await().then(() => this.#gone(brain));
    return brain;
  }

  /** Resolves when nothing of the process is left. */
  async end(): Promise<void> {
    const brain = this.#held?.brain;
    if (!brain) return;
    await brain.kill();
    this.#gone(brain);
  }

  #gone(brain: Brain): void {
    if (this.#held?.brain !== brain) return;
    this.#held = undefined;
    this.#ended();
  }
}
