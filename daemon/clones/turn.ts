import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { ApprovalDesk, Asker } from '../approvals/desk.js';
import type {
  ApprovalRequest,
  Brain,
  BrainOutput,
  ModelUsage,
  Place,
  TurnOutcome,
  TurnPoint,
} from '../brains/contract.js';
import type { PiecewiseBlot } from '../environment/piecewise.js';
import type { EventLog } from '../events/log.js';
import { DisposableStore, onUnexpectedError } from '../lifecycle.js';
import { tokensOf } from '../usage/budget.js';
import { type Said, tell } from './speech.js';

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
  /** Whether the brain has said or done anything in it. */
  readonly touched: boolean;
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
  /** The turn has used so much so far. */
  readonly used?: (usage: readonly ModelUsage[]) => void;
  readonly notes: TurnNotes;
  /** Up to where an earlier daemon has told what the brain said. */
  readonly told?: Place;
  /** How an earlier daemon was asked to end it; the brain may not have heard of it. */
  readonly stop?: TurnStop | undefined;
}

/** Writes down what a later daemon needs to go on with a turn. */
export interface TurnNotes {
  /** @throws storageFailed */
  point(point: TurnPoint | undefined): void;
  /** What the brain said up to there is told; runs in the transaction that tells it. */
  told(place: Place): void;
  stop(stop: TurnStop): void;
}

/** A message that is still being spoken, and how much of it was told. */
interface SpokenMessage {
  readonly message: string;
  readonly blot: PiecewiseBlot;
  offset: number;
}

/** A turn that was cut off may not tell, or not count, what its messages took: then they do. */
function moreOf(told: readonly ModelUsage[], seen: readonly ModelUsage[]): readonly ModelUsage[] {
  const tokens = (usage: readonly ModelUsage[]): number =>
    usage.reduce((sum, each) => sum + tokensOf(each), 0);
  if (tokens(told) >= tokens(seen)) return told;
  const cost = new Map(told.map(({ model, costUsd }) => [model, costUsd]));
  return seen.map((each) => ({ ...each, costUsd: cost.get(each.model) ?? 0 }));
}

/** One task on one brain: what the brain says becomes events, what it asks becomes approvals. */
export class Turn {
  /** Resolves when the turn is over. Never rejects. */
  readonly ended: Promise<TurnEnd>;
  readonly #parts: TurnParts;
  readonly #held = new DisposableStore();
  readonly #spoken = new Map<string, SpokenMessage>();
  #stop: TurnStop | undefined;
  #touched = false;
  #used: readonly ModelUsage[] = [];
  #settle: (end: TurnEnd) => void = () => {};

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#stop = parts.stop;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#held.add(parts.brain.output((output) => this.#hear(output)));
  }

  get asker(): Asker {
    return this.#parts.asker;
  }

  /** Its end is on disk. */
  settled(): void {
    this.#parts.brain.settled?.();
  }

  begin(say: string): void {
    this.#parts.brain.send(say, (point) => this.#parts.notes.point(point));
  }

  /** Ends the turn and keeps the conversation; the first reason stays. */
  stop(stop: TurnStop): void {
    if (this.#stop) return;
    this.#stop = stop;
    // Before the brain obeys: a daemon that comes after a crash must want it too.
    this.#parts.notes.stop(stop);
    this.#parts.brain.interrupt();
  }

  /** Asks the brain again for the end that an earlier daemon was asked for, if so. */
  stopAgain(): void {
    if (this.#stop) this.#parts.brain.interrupt();
  }

  /** Ends the turn with its process, as the daemon itself is ending. */
  async abandon(stop: TurnStop): Promise<void> {
    this.#stop ??= stop;
    await this.#parts.brain.kill();
  }

  #hear(output: BrainOutput): void {
    const { desk, asker } = this.#parts;
    const { place } = this.#parts.brain;
    const heard = place !== undefined && this.#isTold(place);
    switch (output.type) {
      case 'turn.accepted':
        return this.#parts.accepted();
      case 'message.delta':
        return this.#piece(output, heard);
      case 'message.completed': {
        this.#touched = true;
        const spoken = this.#spoken.get(output.message);
        if (spoken && !heard) this.#speak(spoken, spoken.blot.end());
        this.#spoken.delete(output.message);
        return heard ? undefined : this.#tell(output, place);
      }
      case 'usage.grown':
        this.#used = output.usage;
        return this.#parts.used?.(output.usage);
      case 'tool.started':
        this.#touched = true;
        return heard ? undefined : this.#tell(output, place);
      case 'message.typed':
      case 'tool.finished':
      case 'fault':
        return heard ? undefined : this.#tell(output, place);
      case 'approval.requested':
        return heard ? desk.takeUp(asker, output.approval) : this.#ask(output.approval, place);
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

  /** Whether an earlier daemon has told what was said there. */
  #isTold({ at, nth }: Place): boolean {
    const { told } = this.#parts;
    return told !== undefined && (at < told.at || (at === told.at && nth <= told.nth));
  }

  #tell(said: Said, place: Place | undefined): void {
    const { log, asker, notes } = this.#parts;
    tell(log, { ...asker, noted: place && (() => notes.told(place)) }, said);
  }

  #piece({ message, offset, text }: Extract<BrainOutput, { type: 'message.delta' }>, heard: boolean): void {
    const spoken = this.#spoken.get(message) ?? { message, offset, blot: this.#parts.pieces() };
    this.#spoken.set(message, spoken);
    const shown = spoken.blot.push(text);
    if (heard) spoken.offset += shown.length;
    else this.#speak(spoken, shown);
  }

  /** Tells a piece of a message. Its place is counted in what is shown, which a blotted secret makes shorter. */
  #speak(spoken: SpokenMessage, text: string): void {
    if (text === '') return;
    const { log, asker } = this.#parts;
    const { message, offset } = spoken;
    spoken.offset += text.length;
    log.live({ type: 'message.delta', clone: asker.clone, task: asker.task, message, offset, text });
  }

  #ask(request: ApprovalRequest, place: Place | undefined): void {
    const { desk, asker, notes } = this.#parts;
    try {
      desk.open(asker, request, place && (() => notes.told(place)));
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
    const counted = outcome.status === 'done' ? usage : moreOf(usage, this.#used);
    this.#settle({ outcome, usage: counted, stop, touched: this.#touched });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      onUnexpectedError(error);
    }
  }
}
