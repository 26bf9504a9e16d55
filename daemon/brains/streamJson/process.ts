import type { HeldProcess, ProcessExit } from '../../holder/contract.js';
import { DisposableStore } from '../../lifecycle.js';
import type { BrainSpec } from '../contract.js';
import { ControlChannel } from './control.js';
import { asObject, asString, type Json, parseObject } from './json.js';
import { LineSplitter } from './lines.js';
import { PermissionDesk } from './permissions.js';
import { type ReaderSink, StreamReader } from './reader.js';
import { answerReadOnlyHook, readOnlyHooks } from './readOnly.js';
import { type Refusal, refusalIn } from './refusal.js';
import { Tail } from './text.js';
import { UsageMeter } from './usage.js';

/** What a process tells its brain, beside what the reader tells. */
export interface ProcessSink extends ReaderSink {
  ready(): void;
  exited(exit: ProcessExit): void;
  /** Whether a turn is on, for which a human may be asked. */
  turnOn(): boolean;
}

/** How much of a line that is no JSON is told, in UTF-16 units; more than is shown, as secrets are taken out first. */
const garbageTold = 4096;

/** One process that speaks stream-json, with everything that lives exactly as long as it. */
export class StreamProcess {
  readonly reader: StreamReader;
  readonly desk: PermissionDesk;
  readonly meter = new UsageMeter();
  readonly stderr = new Tail();
  readonly exited: Promise<ProcessExit>;
  /** When it last said anything, in milliseconds of the monotonic clock. */
  heardAt = performance.now();
  /** Turns it brought to an end. */
  turns = 0;
  ready = false;
  refusedBecause = '';

  readonly #held: HeldProcess;
  readonly #control: ControlChannel;
  readonly #sink: ProcessSink;
  readonly #owned = new DisposableStore();
  #garbage = 0;

  constructor(held: HeldProcess, spec: BrainSpec, sink: ProcessSink) {
    this.#held = held;
    this.#sink = sink;
    this.reader = new StreamReader({
      ...sinkOf(sink),
      refused: (reason) => {
        this.refusedBecause = reason;
        sink.refused(reason);
      },
    });
    const write = (line: Json): void => this.#write(line);
    this.#control = new ControlChannel(write, {
      canUseTool: (id, request) => {
        if (sink.turnOn()) this.desk.request(id, request);
        else this.desk.deny(id, 'No task is running: nobody can be asked.');
      },
      hook: (id, request) => {
        this.#control.answer(id, answerReadOnlyHook(asString(asObject(request['input'])?.['tool_name'])));
      },
      cancelled: (id) => this.desk.withdraw(id),
    });
    this.desk = new PermissionDesk(spec, {
      answer: (id, response) => this.#control.answer(id, response),
      output: (output) => sink.output(output),
    });
    const splitter = new LineSplitter({
      line: (text) => this.#line(text),
      overflow: (limit) => sink.fault(`a line of more than ${limit} bytes was dropped`),
    });
    this.#owned.add(
      held.onStdout((chunk) => {
        this.heardAt = performance.now();
        splitter.push(chunk);
      }),
    );
    this.#owned.add(held.onStderr((chunk) => this.stderr.push(chunk)));
    this.exited = held.exited.then((exit) => {
      splitter.end();
      this.#control.close();
      this.#owned.dispose();
      sink.exited(exit);
      return exit;
    });
    void this.#initialize(spec.posture);
  }

  /** Writes the turn's line. */
  say(text: string, uuid: string): void {
    this.reader.begin(uuid);
    this.#write({
      type: 'user',
      uuid,
      session_id: '',
      parent_tool_use_id: null,
      message: { role: 'user', content: [{ type: 'text', text }] },
    });
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
