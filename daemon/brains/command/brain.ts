import { randomUUID } from 'node:crypto';
import { fail } from '../../../protocol/fail.js';
import type { TerminalSettings } from '../../../protocol/shapes/clone.js';
import type { ProcessExit, ProcessIdentity } from '../../holder/contract.js';
import { signalGroup } from '../../holder/kill.js';
import { type Disposable, DisposableStore, Emitter, onUnexpectedError } from '../../lifecycle.js';
import type { Terminal } from '../../streams/contract.js';
import type {
  Brain,
  BrainOutput,
  BrainSpec,
  NotePoint,
  Place,
  RiddenTurn,
  TurnOutcome,
} from '../contract.js';
import { outOfMemory } from '../outOfMemory.js';
import { redactor } from '../streamJson/text.js';
import { Calm } from './calm.js';
import type { Front } from './front.js';
import { Hand } from './hand.js';
import { placeLeft, turnLeft } from './leftTurn.js';
import { Sight } from './sight.js';
import type { CommandTiming } from './timing.js';
import { type CommandTurn, newTurn } from './turn.js';
import {
  type CommandAction,
  type CommandEvent,
  type CommandState,
  commandTable,
  deadlineOf,
} from './turnMachine.js';

const unknownExit: ProcessExit = { code: null, signal: null };

/** Least time between two looks at a program that is quiet and busy, in milliseconds. */
const leastLookMs = 100;

/** A turn tells one message; it is told once, also where two daemons come to its end. */
const messagePlace: Place = { at: 0, nth: 1 };

/** Last words of a program that are told with its death, in UTF-16 units. */
const lastWords = 2_000;

/** What the brain is made of. */
export interface CommandParts {
  readonly spec: BrainSpec;
  readonly terminal: Terminal;
  readonly timing: CommandTiming;
  readonly frontOf: (identity: ProcessIdentity) => Promise<Front>;
  /** The turn in which an earlier daemon has left it. */
  readonly ridden?: RiddenTurn;
}

/**
 * A program of the user's choice in a terminal. Its life is the table in turnMachine.ts; this class only feeds it
 * events and carries its actions out.
 */
export class CommandBrain implements Brain {
  readonly terminal: Terminal;
  readonly #parts: CommandParts;
  readonly #outputs = new Emitter<BrainOutput>();
  readonly #held = new DisposableStore();
  readonly #calm: Calm;
  readonly #sight: Sight;
  readonly #hand: Hand;
  readonly #ended: Promise<ProcessExit>;
  #bury: (exit: ProcessExit) => void = () => undefined;
  #settings: TerminalSettings;
  #state: CommandState;
  /** Counts the states: an answer that comes after its state says nothing any more. */
  #stay = 0;
  /** Counts what was printed. */
  #chunks = 0;
  /** When something was printed last, or it was started. */
  #heardAt = performance.now();
  #deadline: NodeJS.Timeout | undefined;
  #turn: CommandTurn | undefined;
  #place: Place | undefined;
  /** Whether the turn is to be interrupted once it is known how far an earlier daemon has come with it. */
  #unwanted = false;
  #exit: ProcessExit | undefined;

  constructor(parts: CommandParts) {
    this.#parts = parts;
    this.terminal = parts.terminal;
    this.#settings = parts.spec.terminal ?? {};
    this.#turn = parts.ridden && turnLeft(parts.ridden);
    this.#state = this.#turn ? 'returning' : 'opening';
    const { terminal, frontOf } = parts;
    this.#sight = new Sight(
      { clone: parts.spec.clone, terminal, frontOf, settings: () => this.#settings },
      this.#turn?.before.line ?? '',
    );
    this.#hand = new Hand(terminal, (reason) => this.#outputs.fire({ type: 'fault', reason }));
    this.#ended = new Promise((resolve) => (this.#bury = resolve));
    this.#calm = this.#held.add(new Calm(() => void this.#look()));
    this.#held.add(terminal.onOutput(() => this.#heard()));
    this.#arm();
    void terminal.held.exited.then((exit) => this.#exited(exit));
    if (this.#turn) void this.#return();
  }

  get place(): Place | undefined {
    return this.#place;
  }

  send(say: string, note: NotePoint = () => undefined): void {
    if (this.#turn) throw new Error('a turn is on already');
    this.#turn = newTurn(say, note);
    this.#step('send');
  }

  adjust(terminal: TerminalSettings): void {
    this.#settings = terminal;
  }

  output(listener: (output: BrainOutput) => void): Disposable {
    return this.#outputs.on(listener);
  }

  respond(): void {
    // It never asks.
  }

  interrupt(): void {
    if (!this.#turn) return;
    if (this.#state === 'returning') this.#unwanted = true;
    else this.#step('interrupt');
  }

  get outOfMemory(): boolean {
    return this.terminal.held.outOfMemory;
  }

  await(): Promise<ProcessExit> {
    return this.#ended;
  }

  isAlive(): boolean {
    switch (this.#state) {
      case 'dying':
      case 'ending':
      case 'closing':
      case 'ended':
        return false;
      default:
        return this.terminal.held.isAlive();
    }
  }

  kill(): Promise<ProcessExit> {
    this.#step('kill');
    return this.#ended;
  }

  #exited(exit: ProcessExit): void {
    this.#exit = exit;
    // All that it put out is to be on the screen first.
    if (this.#state !== 'returning') this.#step('died');
  }

  /** Waits until the screen shows what there was to see while no daemon ran, and its end is known if it has ended. */
  async #return(): Promise<void> {
    const { held } = this.terminal;
    await this.#sight.drawn();
    if (!held.isAlive()) await held.exited;
    this.#step('drawn');
  }

  /** Goes on with a turn where an earlier daemon has left it. */
  #goOn(): void {
    const typed = this.#turn?.typed ?? {};
    this.#step(this.#exit ? 'died' : placeLeft(typed, this.terminal.held.found));
    // What was shown meanwhile may be its end, which the first look tells.
    if (this.#unwanted && !(this.#state === 'running' && this.#hasSaid)) this.#unwant();
  }

  #unwant(): void {
    this.#unwanted = false;
    this.#step('interrupt');
  }

  #heard(): void {
    if (this.#unwanted && this.#state !== 'returning') this.#unwant();
    this.#chunks += 1;
    this.#heardAt = performance.now();
    this.#calm.heard();
  }

  #step(event: CommandEvent): void {
    const row = commandTable[this.#state][event];
    if (!row) return;
    if (row.to !== this.#state) {
      this.#state = row.to;
      this.#arm();
    }
    for (const action of row.run ?? []) this.#actions[action]();
  }

  readonly #actions: Readonly<Record<CommandAction, () => void>> = {
    goOn: () => this.#goOn(),
    mark: () => void this.#mark(),
    type: () => this.#typeBy((turn) => this.#hand.type(turn)),
    tellAccepted: () => this.#outputs.fire({ type: 'turn.accepted' }),
    pressEnter: () => this.#typeBy((turn) => this.#hand.enter(turn)),
    pressInterrupt: () => {
      if (this.#turn) this.#turn.stopped = true;
      this.#hand.interrupt(this.#turn);
    },
    read: () => void this.#read(),
    endProgram: () => {
      if (!this.terminal.held.isAlive()) return;
      // A shell at its prompt ignores SIGTERM; what a terminal does that goes away is to hang up.
      signalGroup(this.terminal.held.identity, 'SIGHUP');
      void this.terminal.held.kill(this.#parts.spec.limits?.graceMs ?? this.#parts.timing.graceMs);
    },
    bury: () => {
      this.#held.dispose();
      // Its viewers may still read the last of it.
      void this.terminal.exited.then(() => this.terminal.dispose()).catch(onUnexpectedError);
      this.#bury(this.#exit ?? unknownExit);
    },
    finishDone: () => this.#finish({ status: 'done', text: this.#text }),
    finishInterrupted: () => this.#finish({ status: 'interrupted', text: this.#text }),
    finishEnded: () => {
      if (this.#turn?.silentMs === undefined) this.#finish({ status: 'interrupted', text: this.#text });
      else this.#failed(fail('brainSilent', { silentMs: this.#turn.silentMs }));
    },
    finishRefused: () => {
      if (this.#turn?.unnoted) return this.#failed(this.#turn.unnoted);
      const bytes = Buffer.byteLength(this.#turn?.say ?? '');
      this.#failed(fail('inputFull', { clone: this.#parts.spec.clone, bytes }));
    },
    finishDoubted: () => {
      const reason = 'it is not known whether its text was typed when the daemon ended';
      this.#failed(fail('taskInterrupted', { reason }));
    },
    finishByExit: () => this.#finishByExit(),
    // A send to a program that is gone is not answered before it returns.
    finishDeadSoon: () => queueMicrotask(() => this.#finishByExit()),
  };

  get #quietMs(): number {
    return this.#settings.quietMs ?? this.#parts.timing.quietMs;
  }

  get #text(): string {
    return this.#turn?.text ?? '';
  }

  /** Sets up what is waited for in the state that was just entered. */
  #arm(): void {
    this.#stay += 1;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    const deadline = deadlineOf[this.#state];
    if (deadline !== undefined) {
      this.#deadline = setTimeout(() => this.#step('late'), this.#parts.timing[deadline]);
    }
    if (this.#state === 'running') this.#awaitWords();
    this.#calm.dispose();
    this.#watch();
    if (this.#hasSaid) this.#calm.heard();
  }

  /** Whether it may have said all it has to say before anybody listened. */
  get #hasSaid(): boolean {
    const { end } = this.terminal.spool;
    switch (this.#state) {
      case 'opening':
      case 'waiting':
        return end > 0;
      case 'running':
        return end > (this.#turn?.typed.enter?.output ?? end);
      default:
        return false;
    }
  }

  /** Ends a turn in which nothing is printed for as long as the clone allows. */
  #awaitWords(): void {
    const { stallMs } = this.#parts.spec.limits ?? {};
    if (stallMs === undefined) return;
    const enteredAt = performance.now();
    const look = (): void => {
      const left = stallMs - (performance.now() - Math.max(this.#heardAt, enteredAt));
      if (left > 0) {
        this.#deadline = setTimeout(look, Math.ceil(left));
        return;
      }
      if (this.#turn) this.#turn.silentMs = stallMs;
      this.#step('silent');
    };
    this.#deadline = setTimeout(look, stallMs);
  }

  /** Waits for the quiet that means something in this state. */
  #watch(): void {
    const { startMs, echoMs, silentEchoMs, promptMs } = this.#parts.timing;
    const quietMs = this.#quietMs;
    const prompted = this.#settings.prompt !== undefined;
    const again = Math.max(quietMs, leastLookMs);
    switch (this.#state) {
      case 'opening':
      case 'waiting':
        return this.#calm.watch({ afterOutput: prompted ? promptMs : startMs, otherwise: again });
      case 'typing':
        return this.#calm.watch({ afterOutput: echoMs, otherwise: silentEchoMs });
      case 'running':
        // The prompt that stood there before is none: only what comes after Enter is looked at.
        if (prompted) return this.#calm.watch({ afterOutput: promptMs });
        return this.#calm.watch({ afterOutput: quietMs, otherwise: again });
      case 'interrupting':
        return this.#calm.watch({ afterOutput: prompted ? promptMs : quietMs, otherwise: again });
      default:
    }
  }

  /** The program was quiet: looks whether that is what was waited for. */
  async #look(): Promise<void> {
    // Its end is about to be told, or it is left to the next daemon, as it is.
    if (!this.terminal.held.isAlive()) return;
    const stay = this.#stay;
    if (this.#state === 'typing') return this.#step('echoed');
    // From here on, so that what is printed meanwhile is not missed.
    this.#watch();
    const chunks = this.#chunks;
    const waits = await this.#sight.waits({
      turn: this.#state === 'waiting' ? undefined : this.#turn,
      running: this.#state === 'running',
      quiet: performance.now() - this.#heardAt >= this.#quietMs,
    });
    if (this.#stay !== stay || this.#chunks !== chunks) return;
    if (waits) this.#step(this.#turn && this.#state !== 'waiting' ? 'rested' : 'settled');
    else if (this.#unwanted) this.#unwant();
  }

  #typeBy(typed: (turn: CommandTurn) => boolean): void {
    if (this.#turn && !typed(this.#turn)) this.#step('refused');
  }

  /** Learns what the program's terminal is like before it is typed into. */
  async #mark(): Promise<void> {
    const stay = this.#stay;
    const turn = this.#turn;
    const seen = await this.#sight.picture();
    if (!turn || this.#stay !== stay) return;
    if (seen) {
      turn.before = seen.picture;
      turn.marked = seen.marked;
    }
    this.#step('marked');
  }

  /** Learns what the turn put on the screen. */
  async #read(): Promise<void> {
    const turn = this.#turn;
    if (!turn) return;
    const text = await this.#sight.result(turn);
    if (this.#turn !== turn) return;
    turn.text = text ?? turn.text;
    this.#step('gained');
  }

  #finishByExit(): void {
    const { code, signal } = this.#exit ?? unknownExit;
    const { clone, limits } = this.#parts.spec;
    if (this.outOfMemory) return this.#failed(outOfMemory(clone, limits));
    if (this.#turn?.silentMs !== undefined) return this.#actions.finishEnded();
    if (this.#turn?.stopped) return this.#finish({ status: 'interrupted', text: this.#text });
    // What was typed told it to end, as `exit` does.
    if (code === 0) return this.#finish({ status: 'done', text: this.#text });
    const ending = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
    const clean = redactor(this.#parts.spec.env);
    this.#failed(fail('brainDied', { ending, stderr: clean(this.#text.slice(-lastWords)) }));
  }

  #failed(error: Extract<TurnOutcome, { status: 'failed' }>['error']): void {
    this.#finish({ status: 'failed', error, text: this.#text });
  }

  /** Ends the turn: the one place where `turn.finished` comes from. */
  #finish(outcome: TurnOutcome): void {
    if (!this.#turn) return;
    this.#turn = undefined;
    this.#unwanted = false;
    const { text } = outcome;
    this.#place = messagePlace;
    if (text !== '') this.#outputs.fire({ type: 'message.completed', message: randomUUID(), text });
    this.#place = undefined;
    this.#outputs.fire({ type: 'turn.finished', outcome, usage: [] });
  }
}
