import { randomUUID } from 'node:crypto';
import type { KhloneError } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import type { ProcessExit } from '../../holder/contract.js';
import { type Disposable, Emitter, onUnexpectedError } from '../../lifecycle.js';
import type { ApprovalAnswer, Brain, BrainOutput, NotePoint, Place, RiddenTurn } from '../contract.js';
import { refusalToNote } from '../noting.js';
import { outOfMemory } from '../outOfMemory.js';
import type { Opening } from './args.js';
import { type BrainParts, type BrainTurn, forget, newTurn, type TurnOutcome } from './brainParts.js';
import type { Json } from './json.js';
import { LeftTurn } from './leftTurn.js';
import type { ProcessPoint, ProcessSink, StreamProcess } from './process.js';
import { mendOf } from './mend.js';
import { Patience } from './patience.js';
import { redactor } from './text.js';
import { type BrainAction, type BrainEvent, type BrainState, brainTable } from './turnMachine.js';
import { endingOf, outcomeOf } from './verdict.js';

/** Longest text of a fault, in UTF-16 units. */
const faultShown = 300;

/** Processes that may be tried for one turn before the failure is told. */
const processesPerTurn = 3;

/** Starts a brain that speaks stream-json and control lines. */
export async function openStreamJsonBrain(parts: BrainParts): Promise<Brain> {
  const brain = new StreamJsonBrain(parts);
  await brain.open();
  return brain;
}

/** Goes on with a brain in the turn in which an earlier daemon has left its process. */
export function rideStreamJsonBrain(
  parts: BrainParts,
  turn: RiddenTurn,
  take: (sink: ProcessSink, point: ProcessPoint) => StreamProcess,
): Brain {
  const brain = new StreamJsonBrain(parts);
  brain.ride(turn, take);
  return brain;
}

/**
 * One conversation with a brain that speaks stream-json. Its life is the table in turnMachine.ts; this
 * class only feeds it events and carries its actions out. The process behind it is replaced in silence
 * as long as no turn was taken up.
 */
class StreamJsonBrain implements Brain {
  readonly #parts: BrainParts;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #clean: (text: string) => string;
  readonly #ended: Promise<ProcessExit>;
  #bury: (exit: ProcessExit) => void = () => undefined;
  #state: BrainState = 'idle';
  #process: StreamProcess | undefined;
  #opening: Opening;
  #turn: BrainTurn | undefined;
  readonly #patience: Patience;
  #left: LeftTurn | undefined;
  /** Processes that were replaced by others, as long as those are not noted. */
  readonly #replaced: StreamProcess[] = [];
  /** Why the turn's begin could not be written down. */
  #unnoted: KhloneError | undefined;
  /** Processes started since a turn was last taken up. */
  #tried = 0;
  #exit: ProcessExit = { code: null, signal: null };
  #lastWords = '';
  /** The last process ended since it had used up its memory. */
  #outOfMemory = false;

  constructor(parts: BrainParts) {
    this.#parts = parts;
    this.#opening = parts.spec.begun ? 'resume' : 'new';
    this.#clean = redactor(parts.spec.env);
    this.#patience = new Patience({
      deadlines: parts.deadlines,
      process: () => this.#process,
      late: (state, limit) => this.#late(state, limit),
    });
    this.#ended = new Promise((resolve) => (this.#bury = resolve));
  }

  async open(): Promise<void> {
    this.#process = await this.#start();
  }

  get sandbox(): ReturnType<BrainParts['sandbox']> {
    return this.#parts.sandbox();
  }

  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  /** Goes on with a turn where an earlier daemon left it. */
  ride({ say, note, point }: RiddenTurn, take: Parameters<typeof rideStreamJsonBrain>[2]): void {
    const left = point as ProcessPoint;
    this.#tried = 1;
    this.#turn = { ...newTurn, say, note };
    const own: { process?: StreamProcess } = {};
    const process = take(this.#sinkOf(own), left);
    own.process = process;
    this.#process = process;
    // A line that was not delivered is written once all is heard; of another one the process tells.
    const delivery = process.delivery(left);
    this.#left = new LeftTurn(process, delivery === 'unknown');
    this.#state = delivery === 'no' ? 'starting' : 'sent';
    this.#patience.begin(this.#state);
  }

  get takenUp(): Promise<void> | undefined {
    return this.#left?.takenUp;
  }

  get place(): Place | undefined {
    const place = this.#process?.place;
    return place && { ...place };
  }

  send(say: string, note: NotePoint = () => undefined): void {
    if (this.#turn) throw new Error('a turn is on already');
    this.#turn = { ...newTurn, say, note };
    this.#step('send');
  }

  settled(): void {
    for (const process of [...this.#replaced.splice(0), ...(this.#process ? [this.#process] : [])])
      process.settled();
  }

  output(listener: (output: BrainOutput) => void): Disposable {
    return this.#outputs.on(listener);
  }

  respond(request: string, answer: ApprovalAnswer): void {
    const process = this.#process;
    if (!process) return;
    // The silence while it waited was not its own.
    process.heardAt = performance.now();
    process.desk.respond(request, answer);
  }

  interrupt(): void {
    if (!this.#turn) return;
    // What it said meanwhile may have ended the turn already.
    if (this.#left && this.#process?.catchingUp) this.#left.interrupted = true;
    else this.#step('interrupt');
  }

  await(): Promise<ProcessExit> {
    return this.#ended;
  }

  isAlive(): boolean {
    switch (this.#state) {
      case 'ending':
      case 'closing':
      case 'ended':
        return false;
      case 'renewing':
        return true;
      default:
        return this.#process?.isAlive() ?? false;
    }
  }

  kill(): Promise<ProcessExit> {
    this.#step('kill');
    return this.#ended;
  }

  #step(event: BrainEvent): void {
    const row = brainTable[this.#state][event];
    if (!row) return;
    const moved = row.to !== this.#state;
    this.#state = row.to;
    if (moved) this.#patience.begin(row.to);
    for (const action of row.run ?? []) this.#actions[action]();
  }

  readonly #actions: Readonly<Record<BrainAction, () => void>> = {
    offerTurn: () => {
      if (this.#process?.ready) this.#step('ready');
    },
    writeTurn: () => this.#writeTurn(),
    settleUnnoted: () => this.#settle(this.#failed(this.#unnoted ?? this.#cause('brainDied'))),
    tellAccepted: () => {
      if (!this.#turn || this.#turn.accepted) return;
      this.#turn.accepted = true;
      this.#tried = 1;
      // Whatever process comes next, the conversation is there for it.
      this.#opening = 'resume';
      this.#fire({ type: 'turn.accepted' });
    },
    askInterrupt: () => {
      this.#process?.desk.withdrawAll();
      void this.#process?.interrupt();
    },
    renew: () => void this.#renew().catch(onUnexpectedError),
    closeInput: () => this.#process?.closeInput(),
    endProcess: () => void this.#process?.kill(this.#parts.deadlines.graceMs),
    settleDoubted: () => {
      const reason = 'its line may not have reached the brain when the daemon ended';
      this.#settle(this.#failed(fail('taskInterrupted', { reason })));
    },
    settleInterrupted: () => this.#settle({ status: 'interrupted', text: this.#text() }),
    settleSpoken: () => this.#settle(this.#spoken()),
    settleNoResult: () => {
      const reason = `nothing came within ${this.#parts.deadlines.resultMs} ms`;
      this.#settle(this.#failed(fail('brainNoResult', { reason })));
    },
    settleSilent: () =>
      this.#settle(this.#failed(fail('brainSilent', { silentMs: this.#patience.silenceMs }))),
    settleUntaken: () =>
      this.#settle(this.#failed(fail('brainSilent', { silentMs: this.#parts.deadlines.acceptMs }))),
    finishByResult: () => this.#finishByResult(false),
    finishStopped: () => this.#finishByResult(true),
    finishSettled: () => this.#finish(this.#turn?.settled ?? this.#failed(this.#cause('brainDied'))),
    finishInterrupted: () => this.#finish({ status: 'interrupted', text: this.#text() }),
    finishNoResult: () => this.#finish(this.#failed(this.#cause('brainNoResult'))),
    finishDead: () => this.#finish(this.#failed(this.#cause('brainDied'))),
    // A send to a brain that is gone is not answered before it returns.
    finishDeadSoon: () => queueMicrotask(() => this.#finish(this.#failed(this.#cause('brainDied')))),
    bury: () => {
      this.#bury(this.#exit);
    },
  };

  #late(state: BrainState, limit: number): void {
    const again = (state === 'starting' || state === 'sent') && this.#tried < 2;
    if (again) this.#fault(`the turn was not taken up within ${limit} ms; starting the brain again`);
    else if (state === 'interrupting') this.#fault(`the interrupt was not obeyed within ${limit} ms`);
    else if (state === 'closing') this.#fault(`the process did not end within ${limit} ms of its input`);
    this.#step(again ? 'untaken' : 'late');
  }

  async #start(): Promise<StreamProcess> {
    this.#tried += 1;
    const own: { process?: StreamProcess } = {};
    own.process = await this.#parts.open(this.#opening, this.#sinkOf(own));
    return own.process;
  }

  #sinkOf(own: { process?: StreamProcess }): ProcessSink {
    // A process that was replaced has nothing more to say.
    const current = (then: () => void): void => {
      if (own.process === undefined || own.process === this.#process) then();
    };
    return {
      output: (output) => current(() => this.#fire(output)),
      fault: (reason) => current(() => this.#fault(reason)),
      ready: () => current(() => this.#step('ready')),
      accepted: () => current(() => this.#step('accepted')),
      concluded: () => current(() => this.#step('concluded')),
      resumed: () => current(() => this.#step('resumed')),
      refused: (reason) => current(() => this.#fault(`the brain refused: ${reason}`)),
      result: (line) => current(() => this.#resulted(line)),
      exited: (exit) => current(() => this.#exited(exit)),
      turnOn: () => this.#turn !== undefined,
      caughtUp: () => this.#catchUp(),
      tooLong: () => current(() => this.#turn && forget(this.#turn)),
    };
  }

  /** Tells an output, and counts it where its line gave more than one. */
  #fire(output: BrainOutput): void {
    const place = this.#process?.place;
    if (place && output.type !== 'message.delta') place.nth += 1;
    this.#outputs.fire(output);
  }

  /** Has it written down from where the turn can be followed, and gives the process its line. */
  #writeTurn(): void {
    const turn = this.#turn;
    const process = this.#process;
    if (!turn || !process) return;
    const line = process.line(turn.say, randomUUID());
    const { run, from, point } = line;
    this.#unnoted = refusalToNote(turn.note, { run, from, point });
    if (this.#unnoted) return this.#step('unnoted');
    for (const old of this.#replaced.splice(0)) old.settled();
    line.write();
  }

  /** All is heard that was said while no daemon listened. */
  #catchUp(): void {
    const turn = this.#turn;
    if (this.#state === 'sent' && turn && !turn.accepted && this.#isDoubtful()) this.#step('doubted');
    else if (this.#state === 'starting') this.#step('ready');
    if (this.#left?.interrupted && this.#turn) this.#step('interrupt');
    this.#left?.caughtUp();
  }

  async #renew(): Promise<void> {
    const old = this.#process;
    this.#process = undefined;
    // Until the next one is noted, a later daemon asks for this one.
    if (old) this.#replaced.push(old);
    old?.desk.withdrawAll();
    await old?.kill(this.#parts.deadlines.graceMs);
    if (this.#state !== 'renewing') {
      this.#step('died');
      return;
    }
    try {
      this.#process = await this.#start();
    } catch (error) {
      this.#lastWords = error instanceof Error ? error.message : String(error);
      this.#step('died');
      return;
    }
    if (this.#state !== 'renewing') void this.#process.kill(this.#parts.deadlines.graceMs);
    else this.#step(this.#turn ? 'spawned' : 'restored');
  }

  #resulted(line: Json): void {
    const usage = this.#process?.meter.read(line) ?? [];
    if (!this.#turn) return;
    this.#turn.usage = usage;
    this.#turn.result = line;
    this.#step('result');
  }

  #exited(exit: ProcessExit): void {
    const process = this.#process;
    if (!process) return;
    this.#exit = exit;
    this.#lastWords = process.stderr.text();
    this.#outOfMemory = process.outOfMemory;
    this.#step(this.#mendable(process) ? 'lost' : 'died');
  }

  /** Whether another process can do what this one could not; sets how it will open the conversation. */
  #mendable(process: StreamProcess): boolean {
    if (this.#turn?.accepted || this.#tried >= processesPerTurn || this.#isDoubtful()) return false;
    const mend = mendOf(process, { opening: this.#opening, turn: this.#turn !== undefined });
    if (!mend) return false;
    this.#fault(mend.fault);
    this.#opening = mend.opening;
    return true;
  }

  /** Whether the turn's line may have been done something about that its process does not tell of. */
  #isDoubtful(): boolean {
    return this.#left?.process === this.#process && this.#left?.doubtful === true;
  }

  #finishByResult(interrupted: boolean): void {
    const turn = this.#turn;
    const process = this.#process;
    if (!turn?.result || !process) return;
    process.turns += 1;
    const { text, errorKind, resetsAt } = process.reader;
    const report = { result: turn.result, text, errorKind, resetsAt, interrupted };
    this.#finish(outcomeOf(report, this.#parts.identity, this.#clean));
  }

  #settle(outcome: TurnOutcome): void {
    if (this.#turn) this.#turn.settled = outcome;
  }

  /** Ends the turn: the one place where `turn.finished` comes from. */
  #finish(outcome: TurnOutcome): void {
    const turn = this.#turn;
    if (!turn) return;
    this.#process?.desk.withdrawAll();
    this.#process?.reader.end();
    this.#turn = undefined;
    this.#fire({ type: 'turn.finished', outcome, usage: turn.usage });
  }

  #text(): string {
    return this.#process?.reader.text ?? '';
  }

  #spoken(): TurnOutcome {
    return { status: 'done', text: this.#text() };
  }

  #failed(error: KhloneError): TurnOutcome {
    return { status: 'failed', error, text: this.#text() };
  }

  /** Why the process ended. */
  #cause(otherwise: 'brainDied' | 'brainNoResult'): KhloneError {
    const { clone, limits } = this.#parts.spec;
    const ending = endingOf(this.#exit);
    if (this.#outOfMemory) return outOfMemory(clone, limits);
    if (otherwise === 'brainNoResult') return fail(otherwise, { reason: ending });
    return fail(otherwise, { ending, stderr: this.#clean(this.#lastWords) });
  }

  #fault(reason: string): void {
    this.#fire({ type: 'fault', reason: this.#clean(reason).slice(0, faultShown) });
  }
}
