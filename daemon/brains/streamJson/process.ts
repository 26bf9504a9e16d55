import type { HeldProcess, ProcessExit } from '../../holder/contract.js';
import { DisposableStore } from '../../lifecycle.js';
import type { BrainSpec, TurnPoint } from '../contract.js';
import { type Delivery, deliveryOf, type Written } from '../delivery.js';
import { ControlChannel, type ControlHandlers } from './control.js';
import { asObject, type Json, parseObject } from './json.js';
import { LineSplitter } from './lines.js';
import { PermissionDesk } from './permissions.js';
import { type ReaderSink, StreamReader } from './reader.js';
import { answerReadOnlyHook, readOnlyHooks } from './readOnly.js';
import { type Refusal, refusalIn } from './refusal.js';
import { Tail } from './text.js';
import { UsageMeter, type UsageTotals } from './usage.js';

/** What a process tells its brain, beside what the reader tells. */
export interface ProcessSink extends ReaderSink {
  ready(): void;
  /** All is heard that an earlier daemon may have heard. */
  caughtUp(): void;
  /** More was said in this turn than is kept for a later daemon. */
  tooLong(): void;
  exited(exit: ProcessExit): void;
  /** Whether a turn is on, for which a human may be asked. */
  turnOn(): boolean;
}

/** Most that a process may put out in one turn and a later daemon can still go on with it, in bytes. */
const longestTurn = 256 * 1024 * 1024;

/** What a later daemon needs to read on in mid-turn, beside what the process put out; it outlives JSON. As `Written`, the line. */
export interface ProcessPoint extends Written {
  /** The user line's. */
  readonly uuid: string;
  /** Whether a turn ran that the brain began by itself. */
  readonly foreign: boolean;
  readonly usage: UsageTotals;
  readonly turns: number;
}

/** A turn's line, before it is written. */
export interface TurnLine extends TurnPoint {
  readonly point: ProcessPoint;
  write(): void;
}

/** How much of a line that is no JSON is told, in UTF-16 units; more than is shown, as secrets are taken out first. */
const garbageTold = 4096;

/** One process that speaks stream-json, with everything that lives exactly as long as it. */
export class StreamProcess {
  readonly reader: StreamReader;
  readonly desk: PermissionDesk;
  readonly meter: UsageMeter;
  readonly stderr = new Tail();
  readonly exited: Promise<ProcessExit>;
  /** When it last said anything, in milliseconds of the monotonic clock. */
  heardAt = performance.now();
  /** Turns it brought to an end. */
  turns: number;
  ready = false;
  refusedBecause = '';
  /** The line that is being heard, and how many outputs it gave so far. */
  place: { readonly at: number; nth: number } | undefined;
  /** Whether it says what an earlier daemon may have heard. */
  catchingUp: boolean;

  readonly #held: HeldProcess;
  /** Offset behind the last line. */
  #heard: number;
  /** Where the turn began that is kept for a later daemon. */
  #began: number | undefined;
  readonly #control: ControlChannel;
  readonly #sink: ProcessSink;
  readonly #owned = new DisposableStore();
  #garbage = 0;

  /** `left` is what an earlier daemon noted of a process that it left in mid-turn. */
  constructor(
    held: HeldProcess,
    spec: BrainSpec,
    { sink, left }: { sink: ProcessSink; left?: ProcessPoint },
  ) {
    this.#held = held;
    this.#sink = sink;
    this.#heard = held.from;
    this.catchingUp = left !== undefined;
    this.turns = left?.turns ?? 0;
    this.meter = new UsageMeter(left?.usage);
    const told = {
      ...sinkOf(sink),
      refused: (reason: string) => {
        this.refusedBecause = reason;
        sink.refused(reason);
      },
    };
    this.reader = new StreamReader(told, left?.foreign);
    if (left) {
      this.#keep(held.from);
      if (this.delivery(left) !== 'no') this.reader.begin(left.uuid);
    }
    const write = (line: Json): void => this.#write(line);
    const handlers: ControlHandlers = {
      canUseTool: (id, request) => {
        if (sink.turnOn()) this.desk.request(id, request);
        else this.desk.deny(id, 'No task is running: nobody can be asked.');
      },
      hook: (id, request) => {
        this.#control.answer(id, answerReadOnlyHook(asObject(request['input']), spec));
      },
      cancelled: (id) => this.desk.withdraw(id),
      answered: (id) => this.desk.answered(id),
    };
    this.#control = new ControlChannel(write, handlers, { hold: this.catchingUp });
    this.desk = new PermissionDesk(spec, {
      answer: (id, response) => this.#control.answer(id, response),
      output: (output) => sink.output(output),
    });
    const splitter = new LineSplitter({
      line: (text, end) => this.#at(end, () => this.#line(text)),
      overflow: (limit, end) =>
        this.#at(end, () => sink.fault(`a line of more than ${limit} bytes was dropped`)),
    });
    this.#owned.add(
      held.onStdout((chunk, offset) => {
        this.heardAt = performance.now();
        splitter.push(chunk, offset);
        this.#follow(offset + chunk.length);
      }),
    );
    this.#owned.add(held.onStderr((chunk) => this.stderr.push(chunk)));
    this.exited = held.exited.then((exit) => {
      splitter.end();
      this.#control.close();
      this.#owned.dispose();
      sink.exited(exit);
      this.#catchUp();
      return exit;
    });
    if (left === undefined) void this.#initialize(spec.posture);
    // It had said nothing yet.
    else if ((held.found?.end ?? 0) <= held.from) queueMicrotask(() => this.#catchUp());
  }

  /** Makes the line of a turn. What the process says from now on is kept for a later daemon, until `settled`. */
  line(text: string, uuid: string): TurnLine {
    const user = {
      type: 'user',
      uuid,
      session_id: '',
      parent_tool_use_id: null,
      message: { role: 'user', content: [{ type: 'text', text }] },
    };
    const line = `${JSON.stringify(user)}\n`;
    const from = this.#heard;
    this.#keep(from);
    const point: ProcessPoint = {
      uuid,
      input: this.#held.sent,
      bytes: Buffer.byteLength(line),
      foreign: this.reader.foreign,
      usage: this.meter.totals,
      turns: this.turns,
    };
    return {
      run: this.#held.run,
      from,
      point,
      write: () => {
        this.reader.begin(uuid);
        void this.#held.write(line);
      },
    };
  }

  /** The turn need not be kept any more. */
  settled(): void {
    this.#keep(undefined);
  }

  /** Whether the line of the turn in which an earlier daemon left it has reached it. */
  delivery(line: ProcessPoint): Delivery {
    return deliveryOf(this.#held.found, line);
  }

  /** Whether a holder has it; else it is what one wrote down. */
  get isHeld(): boolean {
    return this.#held.found?.held !== false;
  }

  #keep(from: number | undefined): void {
    this.#began = from;
    this.#held.keep(from);
  }

  /** Looks what comes of having heard up to there. */
  #follow(offset: number): void {
    if (this.#began !== undefined && offset - this.#began > longestTurn) {
      this.#keep(undefined);
      this.#sink.tooLong();
    }
    if (this.catchingUp && offset >= (this.#held.found?.end ?? 0)) this.#catchUp();
  }

  #catchUp(): void {
    if (!this.catchingUp) return;
    this.catchingUp = false;
    this.ready = true;
    this.#control.release();
    this.#sink.caughtUp();
  }

  #at(end: number, hear: () => void): void {
    this.#heard = end;
    this.place = { at: end, nth: 0 };
    hear();
    this.place = undefined;
  }

  async interrupt(): Promise<void> {
    const answer = await this.#control.request({ subtype: 'interrupt' });
    if (!answer.ok && this.#held.isAlive()) this.#sink.fault(`the interrupt was refused: ${answer.error}`);
  }

  /** Why it could not take up its conversation, as far as its last words tell. */
  refusal(): Refusal | undefined {
    return refusalIn(`${this.refusedBecause}\n${this.stderr.text()}`);
  }

  isAlive(): boolean {
    return this.#held.isAlive();
  }

  /** Whether it ended since it had used up its memory. */
  get outOfMemory(): boolean {
    return this.#held.outOfMemory;
  }

  closeInput(): void {
    this.#held.end();
  }

  kill(graceMs: number): Promise<ProcessExit> {
    return this.#held.kill(graceMs);
  }

  async #initialize(posture: BrainSpec['posture']): Promise<void> {
    const asking = posture === 'ask';
    const answer = await this.#control.request({
      subtype: 'initialize',
      ...(asking ? { hooks: readOnlyHooks } : {}),
    });
    if (!this.#held.isAlive()) return;
    if (!answer.ok) {
      this.#sink.fault(`the brain did not initialize: ${answer.error}`);
      // An ask must not run without its hook.
      if (asking) {
        await this.kill(0);
        return;
      }
    }
    this.ready = true;
    this.#sink.ready();
  }

  #line(text: string): void {
    const line = parseObject(text);
    if (!line || typeof line['type'] !== 'string') {
      this.#garbage += 1;
      // Told at 1, 10, 100, …: a brain that prints nothing else must not flood the log.
      if (/^10*$/.test(String(this.#garbage))) {
        this.#sink.fault(`garbage on stdout (line ${this.#garbage} of it): ${text.slice(0, garbageTold)}`);
      }
      return;
    }
    if (!this.#control.receive(line)) this.reader.read(line);
  }

  #write(line: Json): void {
    void this.#held.write(`${JSON.stringify(line)}\n`);
  }
}

/** The reader's part of a process's sink. */
function sinkOf(sink: ReaderSink): ReaderSink {
  return {
    output: (output) => sink.output(output),
    accepted: () => sink.accepted(),
    concluded: () => sink.concluded(),
    resumed: () => sink.resumed(),
    result: (line) => sink.result(line),
    refused: (reason) => sink.refused(reason),
    fault: (reason) => sink.fault(reason),
  };
}
