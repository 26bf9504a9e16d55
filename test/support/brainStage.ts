import { randomUUID } from 'node:crypto';
import type { BrainSpec, BrainSupplier } from '../../daemon/brains/contract.js';
import type { Holder, ProcessIdentity } from '../../daemon/holder/contract.js';
import { InProcessHolder } from '../../daemon/holder/inProcess.js';
import type { Terminals } from '../../daemon/streams/contract.js';
import { createScreens } from '../../daemon/streams/screen/screens.js';
import { createTerminals } from '../../daemon/streams/terminals.js';
import { BrainListener } from './brainListener.js';

/** The compiled program of the screens' thread: a thread does not load TypeScript. */
const screenProgram = new URL('../../dist/daemon/streams/screen/worker.js', import.meta.url);

/** Where brains are started in a test, and all of them ended after it. */
export class BrainStage {
  /** What runs, by pid. */
  readonly running = new Map<number, ProcessIdentity>();
  readonly holder: Holder = new InProcessHolder({
    started: (identity) => this.running.set(identity.pid, identity),
    ended: (identity) => this.running.delete(identity.pid),
  });
  readonly terminals: Terminals = createTerminals({
    holder: this.holder,
    screens: createScreens({ program: screenProgram, lingerMs: 0 }),
  });
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
    if (this.running.size > 0) throw new Error(`still running: ${[...this.running.keys()].join(', ')}`);
  }
}
