import type { BrainOutput } from '../contract.js';
import { asNumber, asObject, asString, type Json, objectsOf } from './json.js';
import { TurnUsage } from './turnUsage.js';
import { reasonOf } from './verdict.js';
import { capText, capValue } from './text.js';
import { toolOutput, toolTitle } from './tools.js';

/** What a reader tells of the turn it follows. */
export interface ReaderSink {
  output(output: BrainOutput): void;
  /** The brain took the turn up. */
  accepted(): void;
  /** The last message is complete: only the `result` line is missing. */
  concluded(): void;
  /** The turn goes on after all (a stop hook, a queued line). */
  resumed(): void;
  result(line: Json): void;
  /** A failure said before any turn was taken up, as when the conversation is unknown. */
  refused(reason: string): void;
  fault(reason: string): void;
}

/** The messages of one turn, and what they hold. */
interface Turn {
  readonly uuid: string;
  accepted: boolean;
  concluded: boolean;
  text: string;
  errorKind: string | undefined;
  /** When the model's usage limit ends that this turn has come to, in ms since 1970. */
  resetsAt: number | undefined;
  /** Running tools, with the tool (a subagent) each runs within. */
  readonly tools: Set<string>;
  /** Text blocks completed, by message. */
  readonly blocks: Map<string, number>;
  readonly used: TurnUsage;
}

interface Streamed {
  readonly id: string;
  texts: number;
  readonly open: Map<number, { readonly handle: string; offset: number }>;
}

/** Names one text of a message. */
export const handleOf = (message: string, block: number): string =>
  block === 0 ? message : `${message}.${block}`;

/**
 * Reads the stream-json lines of one process. It knows which lines belong to the turn in hand: the
 * brain also begins turns by itself (a background task ended), and subagents speak in between.
 */
export class StreamReader {
  readonly #sink: ReaderSink;
  #turn: Turn | undefined;
  #streamed: Streamed = { id: '', texts: 0, open: new Map() };
  /** Whether a turn runs that the brain began by itself. */
  #foreign: boolean;

  constructor(sink: ReaderSink, foreign = false) {
    this.#sink = sink;
    this.#foreign = foreign;
  }

  get foreign(): boolean {
    return this.#foreign;
  }

  /** From now on, lines are about this turn; `uuid` is the user line's. */
  begin(uuid: string): void {
    this.#turn = {
      uuid,
      accepted: false,
      concluded: false,
      text: '',
      errorKind: undefined,
      resetsAt: undefined,
      tools: new Set(),
      blocks: new Map(),
      used: new TurnUsage(),
    };
  }

  /** The turn is over, however it ended: tools that still run are told as failed. */
  end(): void {
    for (const tool of this.#turn?.tools ?? []) {
      this.#sink.output({
        type: 'tool.finished',
        tool,
        failed: true,
        output: 'The turn ended before the tool did.',
      });
    }
    this.#turn = undefined;
  }

  get text(): string {
    return this.#turn?.text ?? '';
  }

  get errorKind(): string | undefined {
    return this.#turn?.errorKind;
  }

  get resetsAt(): number | undefined {
    return this.#turn?.resetsAt;
  }

  get toolRunning(): boolean {
    return (this.#turn?.tools.size ?? 0) > 0;
  }

  /** Takes one line. Kinds it does not know are passed over: the CLI adds some with each release. */
  read(line: Json): void {
    switch (line['type']) {
      case 'system':
        if (line['subtype'] === 'init' || line['status'] === 'requesting') this.#ours();
        return;
      case 'stream_event':
        this.#stream(line);
        return;
      case 'assistant':
        this.#assistant(line);
        return;
      case 'user':
        this.#user(line);
        return;
      case 'rate_limit_event':
        this.#limited(asObject(line['rate_limit_info']) ?? {});
        return;
      case 'result':
        this.#result(line);
        return;
    }
  }

  /** The turn that a line of a running turn belongs to, or undefined when it is not the one in hand. */
  #ours(): Turn | undefined {
    const turn = this.#turn;
    if (!turn) {
      if (!this.#foreign) {
        this.#foreign = true;
        this.#sink.fault('the brain began a turn by itself, between tasks');
      }
      return undefined;
    }
    if (turn.accepted) {
      this.#resume(turn);
      return turn;
    }
    if (this.#foreign) return undefined;
    this.#accept(turn);
    return turn;
  }

  #accept(turn: Turn): void {
    turn.accepted = true;
    this.#foreign = false;
    this.#sink.accepted();
  }

  #conclude(turn: Turn): void {
    if (turn.concluded) return;
    turn.concluded = true;
    this.#sink.concluded();
  }

  #resume(turn: Turn): void {
    if (!turn.concluded) return;
    turn.concluded = false;
    this.#sink.resumed();
  }

  #stream(line: Json): void {
    const parent = asString(line['parent_tool_use_id']);
    const event = asObject(line['event']) ?? {};
    this.#count(parent ?? '', event);
    if (parent !== undefined) return;
    const kind = event['type'];
    // The last events of a message come after its end was seen; they are no sign that the turn goes on.
    const turn = kind === 'message_start' ? this.#ours() : this.#turn?.accepted ? this.#turn : this.#ours();
    if (!turn) return;
    const index = asNumber(event['index']);
    if (kind === 'message_start') {
      this.#streamed = { id: asString(asObject(event['message'])?.['id']) ?? '', texts: 0, open: new Map() };
    } else if (kind === 'content_block_start') {
      if (asObject(event['content_block'])?.['type'] !== 'text') return;
      const handle = handleOf(this.#streamed.id, this.#streamed.texts++);
      this.#streamed.open.set(index, { handle, offset: 0 });
    } else if (kind === 'content_block_delta') {
      const block = this.#streamed.open.get(index);
      const text = asString(asObject(event['delta'])?.['text']);
      if (!block || text === undefined || text === '') return;
      this.#sink.output({ type: 'message.delta', message: block.handle, offset: block.offset, text });
      block.offset += text.length;
    } else if (kind === 'message_delta') {
      if (asObject(event['delta'])?.['stop_reason'] === 'end_turn') this.#conclude(turn);
    }
  }

  #count(stream: string, event: Json): void {
    const used = this.#turn?.used;
    if (used?.take(stream, event)) this.#sink.output({ type: 'usage.grown', usage: used.byModel });
  }

  #assistant(line: Json): void {
    const parent = asString(line['parent_tool_use_id']);
    const turn = parent === undefined ? this.#ours() : this.#turn;
    if (!turn?.accepted) return;
    const message = asObject(line['message']) ?? {};
    const errorKind = asString(line['error']);
    if (errorKind !== undefined) turn.errorKind = errorKind;
    for (const block of objectsOf(message['content'])) {
      if (block['type'] === 'tool_use') this.#toolStarted(turn, block, parent);
      // A synthetic message repeats an API error, which the result tells anyway.
      else if (block['type'] === 'text' && parent === undefined && errorKind === undefined) {
        this.#spoken(turn, asString(message['id']) ?? '', asString(block['text']) ?? '');
      }
    }
    if (parent === undefined && message['stop_reason'] === 'end_turn') this.#conclude(turn);
  }

  #spoken(turn: Turn, message: string, text: string): void {
    const block = turn.blocks.get(message) ?? 0;
    turn.blocks.set(message, block + 1);
    turn.text = text;
    this.#sink.output({ type: 'message.completed', message: handleOf(message, block), text });
  }

  #toolStarted(turn: Turn, block: Json, parent: string | undefined): void {
    const tool = asString(block['id']) ?? '';
    const name = asString(block['name']) ?? 'unknown';
    turn.tools.add(tool);
    this.#sink.output({
      type: 'tool.started',
      tool,
      name,
      title: toolTitle(name, block['input']),
      input: capValue(block['input']),
      ...(parent === undefined ? {} : { parent }),
    });
  }

  #user(line: Json): void {
    const turn = this.#turn;
    if (line['isReplay'] === true) {
      if (turn && !turn.accepted && line['uuid'] === turn.uuid) this.#accept(turn);
      return;
    }
    if (!turn?.accepted) return;
    for (const block of objectsOf(asObject(line['message'])?.['content'])) {
      const tool = asString(block['tool_use_id']);
      if (block['type'] !== 'tool_result' || tool === undefined || !turn.tools.delete(tool)) continue;
      const output = capText(toolOutput(block['content']));
      this.#sink.output({ type: 'tool.finished', tool, failed: block['is_error'] === true, output });
    }
  }

  /** It may come before the turn is taken up. */
  #limited(info: Json): void {
    const seconds = info['resetsAt'];
    if (this.#turn && info['status'] === 'rejected' && typeof seconds === 'number')
      this.#turn.resetsAt = seconds * 1000;
  }

  #result(line: Json): void {
    const turn = this.#turn;
    if (turn?.accepted) {
      this.#sink.result(line);
    } else if (this.#foreign) {
      this.#foreign = false;
    } else if (line['is_error'] === true) {
      this.#sink.refused(reasonOf(line));
    } else if (turn) {
      this.#accept(turn);
      this.#sink.result(line);
    } else {
      this.#sink.fault('a result came between tasks');
    }
  }
}
