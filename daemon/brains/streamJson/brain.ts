import { randomUUID } from 'node:crypto';
import type { KhloneError } from '../../../protocol/error.js';
import { fail } from '../../../protocol/fail.js';
import type { ProcessExit } from '../../holder/contract.js';
import { type Disposable, Emitter, onUnexpectedError } from '../../lifecycle.js';
import type { ApprovalAnswer, Brain, BrainOutput, BrainSpec, ModelUsage, TurnOutcome } from '../contract.js';
import { outOfMemory } from '../outOfMemory.js';
import type { Opening } from './args.js';
import { type Deadlines, toolPatience } from './deadlines.js';
import type { Json } from './json.js';
import type { ProcessSink, StreamProcess } from './process.js';
import { redactor } from './text.js';
import { type BrainAction, type BrainEvent, type BrainState, brainTable, deadlineOf } from './turnMachine.js';
import { type BrainIdentity, outcomeOf } from './verdict.js';

/** Longest text of a fault, in UTF-16 units. */
const faultShown = 300;

/** Processes that may be tried for one turn before the failure is told. */
const processesPerTurn = 3;

/** What a brain is made of. */
export interface StreamJsonParts {
  readonly identity: BrainIdentity;
  readonly spec: BrainSpec;
  readonly deadlines: Deadlines;
  /** Starts a process on the conversation. */
  readonly open: (opening: Opening, sink: ProcessSink) => Promise<StreamProcess>;
}

interface Turn {
  readonly say: string;
  accepted: boolean;
  usage: readonly ModelUsage[];
  result: Json | undefined;
  /** How it ends once the process is gone, where that is settled before. */
  settled: TurnOutcome | undefined;
}

/** Starts a brain that speaks stream-json and control lines. */
export async function openStreamJsonBrain(parts: StreamJsonParts): Promise<Brain> {
  const brain = new StreamJsonBrain(parts);
  await brain.open();
  return brain;
}

/**
 * One conversation with a brain that speaks stream-json. Its life is the table in turnMachine.ts; this
 * class only feeds it events and carries its actions out. The process behind it is replaced in silence
 * as long as no turn was taken up.
 */
class StreamJsonBrain implements Brain {
  readonly #parts: StreamJsonParts;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #clean: (text: string) => string;
  readonly #ended: Promise<ProcessExit>;
  #bury: (exit: ProcessExit) => void = () => undefined;
  #state: BrainState = 'idle';
  #process: StreamProcess | undefined;
  #opening: Opening;
  #turn: Turn | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Processes started since a turn was last taken up. */
  #tried = 0;
  #exit: ProcessExit = { code: null, signal: null };
  #lastWords = '';
  /** The last process ended since it had used up its memory. */
  #outOfMemory = false;

  constructor(parts: StreamJsonParts) {
    this.#parts = parts;
    this.#opening = parts.spec.begun ? 'resume' : 'new';
    this.#clean = redactor(parts.spec.env);
    this.#ended = new Promise((resolve) => (this.#bury = resolve));
  }

  async open(): Promise<void> {
    this.#process = await this.#start();
  }

  send(say: string): void {
    if (this.#turn) throw new Error('a turn is on already');
    this.#turn = { say, accepted: false, usage: [], result: undefined, settled: undefined };
    this.#step('send');
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
    if (this.#turn) this.#step('interrupt');
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
    if (moved) this.#arm();
    for (const action of row.run ?? []) this.#actions[action]();
  }

  readonly #actions: Readonly<Record<BrainAction, () => void>> = {
    offerTurn: () => {
      if (this.#process?.ready) this.#step('ready');
    },
    writeTurn: () => {
      if (this.#turn) this.#process?.say(this.#turn.say, randomUUID());
    },
    tellAccepted: () => {
      if (!this.#turn || this.#turn.accepted) return;
      this.#turn.accepted = true;
      this.#tried = 1;
      // Whatever process comes next, the conversation is there for it.
      this.#opening = 'resume';
      this.#outputs.fire({ type: 'turn.accepted' });
    },
    askInterrupt: () => {
      this.#process?.desk.withdrawAll();
      void this.#process?.interrupt();
    },
    renew: () => void this.#renew().catch(onUnexpectedError),
    closeInput: () => this.#process?.closeInput(),
    endProcess: () => void this.#process?.kill(this.#parts.deadlines.graceMs),
    settleInterrupted: () => this.#settle({ status: 'interrupted', text: this.#text() }),
    settleSpoken: () => this.#settle(this.#spoken()),
    settleNoResult: () => {
      const reason = `nothing came within ${this.#parts.deadlines.resultMs} ms`;
      this.#settle(this.#failed(fail('brainNoResult', { reason })));
    },
    settleSilent: () =>
      this.#settle(
        this.#failed(fail('brainSilent', { silentMs: this.#patience(this.#parts.deadlines.silenceMs) })),
      ),
    settleUntaken: () =>
      this.#settle(this.#failed(fail('brainSilent', { silentMs: this.#parts.deadlines.acceptMs }))),
    finishByResult: () => this.#finishByResult(false),
    finishStopped: () => this.#finishByResult(true),
    finishSettled: () => this.#finish(this.#turn?.settled ?? this.#failed(this.#death())),
    finishInterrupted: () => this.#finish({ status: 'interrupted', text: this.#text() }),
    finishNoResult: () => {
      const { clone, limits } = this.#parts.spec;
      if (this.#outOfMemory) return this.#finish(this.#failed(outOfMemory(clone, limits)));
      this.#finish(this.#failed(fail('brainNoResult', { reason: this.#ending() })));
    },
    finishDead: () => this.#finish(this.#failed(this.#death())),
    // A send to a brain that is gone is not answered before it returns.
    finishDeadSoon: () => queueMicrotask(() => this.#finish(this.#failed(this.#death()))),
    bury: () => {
      this.#bury(this.#exit);
    },
  };

  /** Restarts the deadline of the state that was just entered. */
  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const deadline = deadlineOf[this.#state];
    if (deadline === undefined) return;
    const limit = this.#parts.deadlines[deadline];
    this.#timer = setTimeout(() => this.#late(this.#state, limit), limit);
  }

  #late(state: BrainState, limit: number): void {
    if (state === 'running') {
      const process = this.#process;
      const silent = performance.now() - (process?.heardAt ?? 0);
      const left = process?.desk.waiting === true ? limit : this.#patience(limit) - silent;
      if (left > 0) {
        // Whoever stops waiting for a human, or for a tool, has its usual time from then on, at most.
        this.#timer = setTimeout(() => this.#late(state, limit), Math.ceil(Math.min(left, limit)));
        return;
      }
    }
    const again = (state === 'starting' || state === 'sent') && this.#tried < 2;
    if (again) this.#fault(`the turn was not taken up within ${limit} ms; starting the brain again`);
    else if (state === 'interrupting') this.#fault(`the interrupt was not obeyed within ${limit} ms`);
    else if (state === 'closing') this.#fault(`the process did not end within ${limit} ms of its input`);
    this.#step(again ? 'untaken' : 'late');
  }

  #patience(limit: number): number {
    return this.#process?.reader.toolRunning === true ? limit * toolPatience : limit;
  }

  async #start(): Promise<StreamProcess> {
    this.#tried += 1;
    const own: { process?: StreamProcess } = {};
    // A process that was replaced has nothing more to say.
    const current = (then: () => void): void => {
      if (own.process === undefined || own.process === this.#process) then();
    };
    const sink: ProcessSink = {
      output: (output) => current(() => this.#outputs.fire(output)),
      fault: (reason) => current(() => this.#fault(reason)),
      ready: () => current(() => this.#step('ready')),
      accepted: () => current(() => this.#step('accepted')),
      concluded: () => current(() => this.#step('concluded')),
      resumed: () => current(() => this.#step('resumed')),
      refused: (reason) => current(() => this.#fault(`the brain refused: ${reason}`)),
      result: (line) => current(() => this.#resulted(line)),
      exited: (exit) => current(() => this.#exited(exit)),
      turnOn: () => this.#turn !== undefined,
    };
    own.process = await this.#parts.open(this.#opening, sink);
    return own.process;
  }

  async #renew(): Promise<void> {
    const old = this.#process;
    this.#process = undefined;
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
    if (this.#turn?.accepted || this.#tried >= processesPerTurn) return false;
    const refusal = process.turns === 0 && !process.ready ? process.refusal() : undefined;
    if (refusal === 'unknown' && this.#opening === 'resume') {
      this.#fault('the brain does not know the conversation; it begins anew under the same id');
      this.#opening = 'new';
      return true;
    }
    if (refusal === 'taken' && this.#opening === 'new') {
      this.#fault('the brain knows the conversation already; it goes on with it');
      this.#opening = 'resume';
      return true;
    }
    if (this.#turn && process.turns > 0) {
      this.#fault('the process ended while it was at rest; starting the brain again');
      return true;
    }
    return false;
  }

  #finishByResult(interrupted: boolean): void {
    const turn = this.#turn;
    const process = this.#process;
    if (!turn?.result || !process) return;
    process.turns += 1;
    const report = {
      result: turn.result,
      text: process.reader.text,
      errorKind: process.reader.errorKind,
      interrupted,
    };
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
    this.#outputs.fire({ type: 'turn.finished', outcome, usage: turn.usage });
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

  #ending(): string {
    const { code, signal } = this.#exit;
    if (signal !== null) return `signal ${signal}`;
    return code !== null ? `exit code ${code}` : 'it could not be started';
  }

  #death(): KhloneError {
    const { clone, limits } = this.#parts.spec;
    if (this.#outOfMemory) return outOfMemory(clone, limits);
    const ending = this.#ending();
    return fail('brainDied', { ending, stderr: this.#clean(this.#lastWords) });
  }

  #fault(reason: string): void {
    this.#outputs.fire({ type: 'fault', reason: this.#clean(reason).slice(0, faultShown) });
  }
}
