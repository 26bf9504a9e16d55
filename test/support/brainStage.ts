import { randomUUID } from 'node:crypto';
import type { BrainSpec, BrainSupplier } from '../../daemon/brains/contract.js';
import type { HeldProcess, HeldTerminal, Holder, ProcessIdentity } from '../../daemon/holder/contract.js';
import type { Holders } from '../../daemon/holder/holders.js';
import type { Terminals } from '../../daemon/streams/contract.js';
import { createScreens } from '../../daemon/streams/screen/screens.js';
import { createTerminals } from '../../daemon/streams/terminals.js';
import { BrainListener } from './brainListener.js';
import { HolderStage } from './holders.js';

/** The compiled program of the screens' thread: a thread does not load TypeScript. */
const screenProgram = new URL('../../dist/daemon/streams/screen/worker.js', import.meta.url);

/** Where brains are started in a test, and all of them ended after it. */
export class BrainStage {
  /** What runs, by pid. */
  readonly running = new Map<number, ProcessIdentity>();
  readonly holder: Holder = {
    spawn: async (what) => this.#watch(await this.#holders().spawn(what)),
    spawnTerminal: async (what, size) => this.#watch(await this.#holders().spawnTerminal(what, size)),
  };
  readonly terminals: Terminals = createTerminals({
    holder: this.holder,
    screens: createScreens({ program: screenProgram, lingerMs: 0 }),
  });
  #stage: HolderStage | undefined;
  #opened: Holders | undefined;
  readonly #listeners: BrainListener[] = [];

  /** Starts a brain of a supplier; what the spec leaves out is an act on a new conversation. */
  async start(
    supplier: BrainSupplier | undefined,
    spec: Partial<BrainSpec> & Pick<BrainSpec, 'cwd' | 'env'>,
  ): Promise<BrainListener> {
    if (!supplier) throw new Error('there is no such supplier');
    const brain = await supplier.spawn({
      clone: 'mechanic.1',
      posture: 'act',
      conversation: randomUUID(),
      begun: false,
      edits: 'ask',
      grants: [],
      ...spec,
    });
    const listener = new BrainListener(brain);
    this.#listeners.push(listener);
    return listener;
  }

  /** Ends every brain; a process that is left fails the test. */
  async clear(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.brain.kill()));
    const left = [...this.running.keys()];
    await this.#stage?.[Symbol.asyncDispose]();
    this.#stage = undefined;
    this.#opened = undefined;
    if (left.length > 0) throw new Error(`still running: ${left.join(', ')}`);
  }

  #holders(): Holders {
    this.#stage ??= new HolderStage();
    return (this.#opened ??= this.#stage.open());
  }

  #watch<T extends HeldProcess | HeldTerminal>(held: T): T {
    const { identity } = held;
    this.running.set(identity.pid, identity);
    void held.exited.then(() => this.running.delete(identity.pid));
    return held;
  }
}
