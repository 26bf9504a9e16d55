import type { OffReason } from '../../protocol/shapes/clone.js';
import type { StreamEnd } from '../../protocol/shapes/stream.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type {
  Brain,
  BrainSpec,
  BrainSupplier,
  LeftProcess,
  RiddenTurn,
  ToldOutput,
} from '../brains/contract.js';
import { processEnvironment } from '../environment/processEnvironment.js';
import type { HeldTerminal } from '../holder/contract.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { Terminal } from '../streams/contract.js';
import { BrainSlot, type GoneProcess } from './brainSlot.js';
import type { CloneStep } from './cloneMachine.js';
import type { ZoneSettings } from '../zone/settings.js';
import type { CloneEnvironment } from './environment.js';
import type { CloneLedger } from './ledger.js';
import { specOf } from './spec.js';
import type { Talks } from './talks.js';

/** What a clone's process is kept with. */
export interface CloneProcessParts {
  readonly supplier: BrainSupplier;
  readonly environment: CloneEnvironment;
  readonly settings: ZoneSettings;
  readonly ledger: () => CloneLedger;
  readonly talks: Talks;
  /** The state changed by itself, or should have and could not: there may be something to do, now or soon. */
  readonly moved: (how: 'now' | 'soon') => void;
}

/** The one process of a clone in its postures, and the clone's state as far as it follows from that. */
export class CloneProcess {
  readonly #parts: CloneProcessParts;
  readonly #slot: BrainSlot;
  /** Why it is being given back. */
  #reason: OffReason | undefined;

  constructor(parts: CloneProcessParts) {
    this.#parts = parts;
    this.#slot = new BrainSlot(parts.supplier, (gone) => this.#ended(gone));
  }

  get isAlive(): boolean {
    return this.#slot.isAlive;
  }

  /** What it serves, or served last. */
  get posture(): BrainSpec['posture'] | undefined {
    return this.#slot.posture;
  }

  /** The terminal it runs in, if it does. */
  get terminal(): Terminal | undefined {
    return this.#slot.brain?.terminal;
  }

  /**
   * The warm process where it fits the task, else a new one on the same conversation.
   * @throws brainMissing, storageFailed, and what the system says
   */
  forTask(kind: TaskKind): Promise<Brain> {
    return this.#fit(this.#spec(kind));
  }

  /**
   * The process in whose terminal to talk: the one that is in use there as it is, else one as the clone is now.
   * @throws brainMissing, brainDied, storageFailed, and what the system says
   */
  async forTalk(): Promise<Brain> {
    const { talks } = this.#parts;
    const inUse = talks.on ? this.#slot.brain : undefined;
    return inUse ?? this.#fit(this.#spec('talk'));
  }

  /**
   * Takes up a terminal that an earlier daemon left; undefined where that cannot be.
   * @throws storageFailed
   */
  adopt(held: HeldTerminal, told: (output: ToldOutput) => boolean): Brain | undefined {
    const { supplier, talks, environment } = this.#parts;
    const ledger = this.#parts.ledger();
    if (ledger.state !== 'off' || !supplier.adopt) return undefined;
    // Nobody has given this daemon the clone's secrets yet, and what was said meanwhile is told now.
    environment.recall(ledger.record, processEnvironment(held.identity.pid));
    const brain = supplier.adopt(this.#spec('talk'), held, told);
    this.#slot.adopt(brain, 'talk');
    talks.follow(brain);
    ledger.change('adopt', () => {});
    return brain;
  }

  /** Whether it can go on with a process that an earlier daemon left in mid-turn. */
  get ridable(): boolean {
    return this.#parts.ledger().state === 'off' && this.#parts.supplier.ride !== undefined;
  }

  /** Takes up a process in the turn that an earlier daemon gave it. */
  ride(kind: TaskKind, left: LeftProcess, turn: RiddenTurn): Brain {
    const { supplier, environment, talks } = this.#parts;
    const { record } = this.#parts.ledger();
    environment.recall(record, processEnvironment(left.held.identity.pid));
    const brain = supplier.ride?.(this.#spec(kind), left, turn);
    if (!brain) throw new Error(`the brain ${supplier.name} cannot go on with a turn`);
    this.#slot.ride(brain, kind);
    if (brain.terminal) talks.follow(brain);
    return brain;
  }

  /**
   * Whoever sits in its terminal went on with another conversation, and the clone's tasks will: unless that is another
   * clone's, as one process at a time holds it. False then.
   * @throws storageFailed
   */
  moved({ conversation, begun }: { readonly conversation: string; readonly begun: boolean }): boolean {
    const followed = this.#parts.ledger().move(conversation, begun);
    if (followed) this.#slot.moved(conversation);
    return followed;
  }

  /** Ends the turn that was begun in its terminal. */
  interrupt(): void {
    this.#slot.brain?.interrupt();
  }

  /** Resolves when nothing of it is left; `reason` is for those who look at its terminal. */
  end(reason: StreamEnd): Promise<void> {
    return this.#slot.end(reason);
  }

  /** Ends it while no turn is on, with the reason that is told of it. Resolves when nothing of it is left. */
  async giveBack(reason: OffReason): Promise<void> {
    this.#reason = reason;
    try {
      await this.#slot.end('posture');
    } finally {
      this.#reason = undefined;
    }
  }

  /**
   * Brings the clone's state to what is true of its process while no task is in hand.
   * @throws storageFailed
   */
  settle(): void {
    const ledger = this.#parts.ledger();
    const step = this.#due(ledger);
    if (step) ledger.change(step, () => {});
  }

  #due({ state }: CloneLedger): CloneStep | undefined {
    const alive = this.#slot.isAlive;
    const { on, asks } = this.#parts.talks;
    switch (state) {
      case 'starting':
        return alive ? (on ? 'talk' : 'rest') : 'stop';
      case 'idle':
        return alive ? (on ? 'talk' : undefined) : 'stop';
      case 'talking':
        return alive ? (asks ? 'ask' : on ? undefined : 'rest') : 'leave';
      case 'paused':
        return on ? 'talk' : undefined;
      case 'asking':
        // Also once tasks no longer wait for it: whoever comes back is to know.
        return alive ? (asks ? undefined : on ? 'talk' : 'rest') : 'leave';
      default:
        return undefined;
    }
  }

  async #fit(spec: BrainSpec): Promise<Brain> {
    const warm = this.#slot.warm(spec);
    if (!warm) this.#parts.ledger().change('start', () => {});
    return warm ?? this.#slot.start(spec, this.#parts.talks.size);
  }

  #spec(posture: BrainSpec['posture']): BrainSpec {
    const { record } = this.#parts.ledger();
    const { environment, settings } = this.#parts;
    return specOf(record, posture, { env: environment.of(record), sandbox: settings.askSandbox });
  }

  #ended(gone: GoneProcess): void {
    const { talks, moved } = this.#parts;
    const ledger = this.#parts.ledger();
    talks.gone();
    // In a turn, or while the next process starts, the state is theirs to change.
    if (!['idle', 'paused', 'talking', 'asking'].includes(ledger.state)) return;
    const waits = ledger.state === 'paused';
    const left = gone.byItself && gone.posture === 'talk' && !waits;
    try {
      // One that waits goes on waiting without its process.
      ledger.change(
        waits ? 'pause' : left ? 'leave' : 'stop',
        () => {},
        left ? undefined : this.#reasonOf(gone),
      );
    } catch (error) {
      onUnexpectedError(error);
      moved('soon');
      return;
    }
    // What has waited for the end of the terminal goes on.
    if (left) moved('now');
  }

  #reasonOf({ byItself, outOfMemory }: GoneProcess): OffReason | undefined {
    if (!byItself) return this.#reason;
    return outOfMemory ? 'limit' : 'died';
  }
}
