import { randomUUID } from 'node:crypto';
import { fail } from '../../../protocol/fail.js';
import type { TerminalSettings } from '../../../protocol/shapes/clone.js';
import type { ProcessExit, ProcessIdentity } from '../../holder/contract.js';
import { signalGroup } from '../../holder/kill.js';
import { type Disposable, DisposableStore, Emitter, onUnexpectedError } from '../../lifecycle.js';
import type { Terminal } from '../../streams/contract.js';
import type { Brain, BrainOutput, BrainSpec, NotePoint, TurnOutcome } from '../contract.js';
import { refusalToNote } from '../noting.js';
import { outOfMemory } from '../outOfMemory.js';
import { redactor } from '../streamJson/text.js';
import { Calm } from './calm.js';
import { type Front, waitsForInput } from './front.js';
import { maxCookedBytes, pasteOf } from './paste.js';
import { lostBefore, resultOf } from './result.js';
import type { CommandTiming } from './timing.js';
import type { CommandTurn } from './turn.js';
import {
  type CommandAction,
  type CommandEvent,
  type CommandState,
  commandTable,
  deadlineOf,
} from './turnMachine.js';

const unknownFront: Front = { own: undefined, keys: undefined };
const bracketedPaste = '\x1b[?2004h';
const interruptKey = '\x03';

/** Least time between two looks at a program that is quiet and busy, in milliseconds. */
const leastLookMs = 100;

/** Looks in a row after which a program that perhaps waits for input counts as waiting. */
const perhapsLooks = 10;

/** Last words of a program that are told with its death, in UTF-16 units. */
const lastWords = 2_000;

/** What the brain is made of. */
export interface CommandParts {
  readonly spec: BrainSpec;
  readonly terminal: Terminal;
  readonly timing: CommandTiming;
  readonly frontOf: (identity: ProcessIdentity) => Promise<Front>;
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
  readonly #ended: Promise<ProcessExit>;
  #bury: (exit: ProcessExit) => void = () => undefined;
  #settings: TerminalSettings;
  #state: CommandState = 'opening';
  /** Counts the states: an answer that comes after its state says nothing any more. */
  #stay = 0;
  /** The line that was typed into last, as it was before. */
  #prompt = '';
  /** Counts what was printed. */
  #chunks = 0;
  /** When something was printed last, or it was started. */
  #heardAt = performance.now();
  #deadline: NodeJS.Timeout | undefined;
  #turn: CommandTurn | undefined;
  #exit: ProcessExit = { code: null, signal: null };

  constructor(parts: CommandParts) {
    this.#parts = parts;
    this.terminal = parts.terminal;
    this.#settings = parts.spec.terminal ?? {};
    this.#ended = new Promise((resolve) => (this.#bury = resolve));
    this.#calm = this.#held.add(new Calm(() => void this.#look()));
    this.#held.add(parts.terminal.onOutput(() => this.#heard()));
    this.#arm();
    void parts.terminal.held.exited.then((exit) => this.#exited(exit));
  }

  send(say: string, note: NotePoint = () => undefined): void {
    if (this.#turn) throw new Error('a turn is on already');
    const screen = { line: '', prompted: false, alternate: false, bracketed: false, front: unknownFront };
    this.#turn = {
      say,
      note,
      unnoted: undefined,
      ...screen,
      perhaps: 0,
      stopped: false,
      silentMs: undefined,
      text: '',
    };
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
    if (this.#turn) this.#step('interrupt');
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
    this.#step('died');
  }

  #heard(): void {
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
    mark: () => void this.#mark(),
    type: () => this.#type(),
    tellAccepted: () => this.#outputs.fire({ type: 'turn.accepted' }),
    pressEnter: () => this.#write('\r'),
    pressInterrupt: () => {
      if (this.#turn) this.#turn.stopped = true;
      this.terminal.write(interruptKey);
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
      this.#bury(this.#exit);
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
    // It may have said all it has to say before anybody listened.
    const starts = this.#state === 'opening' || this.#state === 'waiting';
    if (starts && this.terminal.spool.end > 0) this.#calm.heard();
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
    const stay = this.#stay;
    if (this.#state === 'typing') return this.#step('echoed');
    // From here on, so that what is printed meanwhile is not missed.
    this.#watch();
    const chunks = this.#chunks;
    const waits = await this.#waits();
    if (this.#stay !== stay || !waits || this.#chunks !== chunks) return;
    this.#step(this.#turn && this.#state !== 'waiting' ? 'rested' : 'settled');
  }

  async #waits(): Promise<boolean> {
    const { prompt } = this.#settings;
    if (prompt !== undefined) {
      const there = await this.#atPrompt(prompt);
      const quiet = performance.now() - this.#heardAt >= this.#quietMs;
      // One that greets without its prompt is ready as any other is, and so is one that was interrupted.
      if (there || this.#state === 'running' || !quiet) return there;
    }
    const front = await this.#parts.frontOf(this.terminal.held.identity);
    const waits = waitsForInput(front, this.#turn?.front ?? unknownFront);
    if (!this.#turn || this.#state === 'waiting') return waits !== 'no';
    this.#turn.perhaps = waits === 'perhaps' ? this.#turn.perhaps + 1 : 0;
    return waits === 'yes' || this.#turn.perhaps >= perhapsLooks;
  }

  /** Whether the cursor is behind a prompt: also one like that of this turn, after output without an end of line. */
  async #atPrompt(pattern: string): Promise<boolean> {
    const { screen } = this.terminal;
    const looks = Promise.all([screen.atPrompt(pattern), screen.text({ scrollback: 0, ansi: false })]);
    const [matches, { line }] = await looks.catch(() => [false, { line: '' }] as const);
    const { prompted = false, line: before = '' } = this.#turn ?? {};
    return matches || (prompted && line.endsWith(before));
  }

  /** Learns what the program's terminal is like before it is typed into. */
  async #mark(): Promise<void> {
    const stay = this.#stay;
    const turn = this.#turn;
    const { screen, held } = this.terminal;
    const { prompt } = this.#settings;
    const before = await Promise.all([
      screen.text({ scrollback: 0, ansi: false }),
      screen.snapshot({ scrollback: 0 }),
      this.#parts.frontOf(held.identity),
      prompt === undefined ? false : screen.atPrompt(prompt),
      screen.mark(),
    ]).catch(() => undefined);
    if (!turn || this.#stay !== stay) return;
    if (before) {
      const [text, snapshot, front, prompted] = before;
      // Output without an end of line may stand before the prompt that is known already.
      if (this.#prompt === '' || !text.line.endsWith(this.#prompt)) this.#prompt = text.line;
      turn.line = this.#prompt;
      turn.prompted = prompted && turn.line === text.line && turn.line !== '';
      turn.alternate = text.alternate;
      turn.bracketed = snapshot.data.includes(bracketedPaste);
      turn.front = front;
    }
    this.#step('marked');
  }

  #type(): void {
    const turn = this.#turn;
    if (!turn) return;
    // What is typed must never be typed again by a daemon that knows nothing of it.
    turn.unnoted = refusalToNote(turn.note, undefined);
    if (turn.unnoted) return this.#step('refused');
    const paste = pasteOf(turn.say, turn.bracketed);
    const longest = paste.split('\r').reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 0);
    if (turn.front.keys === false && longest > maxCookedBytes) {
      const reason = `a line of ${longest} bytes was typed; its terminal keeps ${maxCookedBytes} of one line`;
      this.#outputs.fire({ type: 'fault', reason });
    }
    this.#write(paste);
  }

  #write(data: string): void {
    if (!this.terminal.write(data)) this.#step('refused');
  }

  /** Learns what the turn put on the screen. */
  async #read(): Promise<void> {
    const turn = this.#turn;
    const { prompt } = this.#settings;
    const { screen } = this.terminal;
    const after = await Promise.all([
      screen.gained(),
      screen.text({ scrollback: 0, ansi: false }),
      prompt === undefined ? false : this.#atPrompt(prompt),
    ]).catch(() => undefined);
    if (!turn || this.#turn !== turn) return;
    if (after) {
      const [gained, text, atPrompt] = after;
      const result = resultOf(turn, { gained: gained.text, text, prompt: atPrompt });
      turn.text = gained.complete ? result : `${lostBefore(this.#parts.spec.clone)}\n${result}`;
    }
    this.#step('gained');
  }

  #finishByExit(): void {
    const { code, signal } = this.#exit;
    const { clone, limits } = this.#parts.spec;
    if (this.terminal.held.outOfMemory) return this.#failed(outOfMemory(clone, limits));
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
    const { text } = outcome;
    if (text !== '') this.#outputs.fire({ type: 'message.completed', message: randomUUID(), text });
    this.#outputs.fire({ type: 'turn.finished', outcome, usage: [] });
  }
}
