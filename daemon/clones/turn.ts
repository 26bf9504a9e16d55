import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { ApprovalDesk, Asker } from '../approvals/desk.js';
import type { Brain, BrainOutput, ModelUsage, TurnOutcome } from '../brains/contract.js';
import type { PiecewiseBlot } from '../environment/piecewise.js';
import type { EventLog } from '../events/log.js';
import { DisposableStore, onUnexpectedError } from '../lifecycle.js';
import { tell } from './speech.js';

/** Why khlone ended a turn before the brain did. */
export interface TurnStop {
  readonly step: 'cancel' | 'interrupt' | 'fail' | 'requeue' | 'park';
  readonly error: KhloneError;
}

/** How a task is told to end that is in the way of something else. */
export function stopFor(reason: string): TurnStop {
  return { step: 'interrupt', error: fail('taskInterrupted', { reason }) };
}

/** How a turn came to its end. */
export interface TurnEnd {
  readonly outcome: TurnOutcome;
  readonly usage: readonly ModelUsage[];
  /** Set when khlone asked for the end and the brain had not finished by itself. */
  readonly stop: TurnStop | undefined;
}

/** What a turn is made of. */
export interface TurnParts {
  readonly brain: Brain;
  readonly log: EventLog;
  readonly desk: ApprovalDesk;
  readonly asker: Asker;
  /** Redacts one message that comes in pieces. */
  readonly pieces: () => PiecewiseBlot;
  /** The brain took up the turn. */
  readonly accepted: () => void;
}

/** A message that is still being spoken, and how much of it was told. */
interface SpokenMessage {
  readonly message: string;
  readonly blot: PiecewiseBlot;
  offset: number;
}

/** One task on one brain: what the brain says becomes events, what it asks becomes approvals. */
export class Turn {
  /** Resolves when the turn is over. Never rejects. */
  readonly ended: Promise<TurnEnd>;
  readonly #parts: TurnParts;
  readonly #held = new DisposableStore();
  readonly #spoken = new Map<string, SpokenMessage>();
  #stop: TurnStop | undefined;
  #settle: (end: TurnEnd) => void = () => {};

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#held.add(parts.brain.output((output) => this.#hear(output)));
  }

  begin(say: string): void {
    this.#parts.brain.send(say);
  }

  /** Ends the turn and keeps the conversation; the first reason stays. */
  stop(stop: TurnStop): void {
    if (this.#stop) return;
    this.#stop = stop;
    this.#parts.brain.interrupt();
  }

  /** Ends the turn with its process, as the daemon itself is ending. */
  async abandon(stop: TurnStop): Promise<void> {
    this.#stop ??= stop;
    await this.#parts.brain.kill();
  }

  #hear(output: BrainOutput): void {
    const { log, desk, asker } = this.#parts;
    switch (output.type) {
      case 'turn.accepted':
        return this.#parts.accepted();
      case 'message.delta': {
        const { message, offset } = output;
        const spoken = this.#spoken.get(message) ?? { message, offset, blot: this.#parts.pieces() };
        this.#spoken.set(message, spoken);
        return this.#speak(spoken, spoken.blot.push(output.text));
      }
      case 'message.completed': {
        const spoken = this.#spoken.get(output.message);
        if (spoken) this.#speak(spoken, spoken.blot.end());
        this.#spoken.delete(output.message);
        return tell(log, asker, output);
      }
      case 'message.typed':
      case 'tool.started':
      case 'tool.finished':
      case 'fault':
        return tell(log, asker, output);
      case 'approval.requested':
        return this.#ask(output.approval);
      case 'approval.withdrawn':
        return this.#guarded(() => desk.withdrawRequest(asker.task, output.request));
      case 'turn.finished':
        return this.#finish(output.outcome, output.usage);
      case 'talk.turn':
      case 'talk.asks':
      case 'talk.moved':
        // The task's own turn is the one that counts.
        return;
    }
  }

  /** Tells a piece of a message. Its place is counted in what is shown, which a blotted secret makes shorter. */
  #speak(spoken: SpokenMessage, text: string): void {
    if (text === '') return;
    const { log, asker } = this.#parts;
    const { message, offset } = spoken;
    spoken.offset += text.length;
    log.live({ type: 'message.delta', clone: asker.clone, task: asker.task, message, offset, text });
  }

  #ask(request: Parameters<ApprovalDesk['open']>[1]): void {
    const { desk, asker } = this.#parts;
    try {
      desk.open(asker, request);
    } catch (error) {
      // A request that could not be written down cannot be answered by anybody.
      onUnexpectedError(error);
      asker.deliver(request, { decision: 'deny', message: 'khlone could not record this request.' });
    }
  }

  #finish(outcome: TurnOutcome, usage: readonly ModelUsage[]): void {
    this.#held.dispose();
    // A turn that came to its own end before the stop reached it is what it is.
    const stop = outcome.status === 'done' ? undefined : this.#stop;
    this.#settle({ outcome, usage, stop });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      onUnexpectedError(error);
    }
  }
}
