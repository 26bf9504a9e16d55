/** A line of stream-json. */
export type Line = Readonly<Record<string, unknown>>;

/** Collects lines and writes those of one stretch of work at once. */
export class Output {
  #waiting: string[] = [];

  line(line: Line): void {
    this.raw(JSON.stringify(line));
  }

  raw(text: string): void {
    if (this.#waiting.push(text) === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const text = `${this.#waiting.join('\n')}\n`;
    this.#waiting = [];
    process.stdout.write(text);
  }
}

/** Words in and out stand for tokens: the demo has none, and costs nothing. */
export interface Words {
  input: number;
  output: number;
}

export const countWords = (text: string): number => (text.match(/\S+/g) ?? []).length;

/** How a turn ended. */
export interface TurnResult {
  readonly subtype: string;
  readonly failed: boolean;
  readonly text: string;
  readonly words: Words;
}

/** What a turn speaks with: lines for a program, or a screen for a human. */
export interface Voice {
  nextId(kind: 'msg' | 'toolu'): string;
  /** A message of plain text, in pieces; `pause` is awaited between them. */
  message(text: string, pieces: number, pause?: () => Promise<void>): Promise<void>;
  toolUse(id: string, name: string, input: Line): void;
  toolResult(id: string, text: string, failed: boolean): void;
  /** A message that stands for an error of the service, as the brain's own are. */
  errorMessage(text: string, kind: string): void;
  result(how: TurnResult): void;
}

/** Makes the ids of messages and tools, unlike those of any other process. */
export function idMaker(): (kind: 'msg' | 'toolu') => string {
  const run = `${process.pid}_${Date.now().toString(36)}`;
  let count = 0;
  return (kind) => `${kind}_demo_${run}_${++count}`;
}

const modelName = 'khlone-demo';

/** Speaks the lines that a brain speaks, for one conversation. */
export class Speech implements Voice {
  readonly #out: Output;
  readonly #conversation: string;
  readonly #total: Words = { input: 0, output: 0 };
  readonly nextId = idMaker();

  constructor(out: Output, conversation: string) {
    this.#out = out;
    this.#conversation = conversation;
  }

  opening(cwd: string, tools: readonly string[]): void {
    this.#say({ type: 'system', subtype: 'init', cwd, tools, model: modelName });
    this.#say({ type: 'system', subtype: 'status', status: 'requesting' });
  }

  echo(line: Line): void {
    this.#say({ ...line, parent_tool_use_id: null, isReplay: true });
  }

  async message(text: string, pieces: number, pause?: () => Promise<void>): Promise<void> {
    const id = this.nextId('msg');
    this.#event({ type: 'message_start', message: { id, role: 'assistant', model: modelName, content: [] } });
    this.#event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    const size = Math.max(1, Math.ceil(text.length / pieces));
    for (let at = 0; at < text.length; at += size) {
      if (at > 0 && pause) await pause();
      const delta = { type: 'text_delta', text: text.slice(at, at + size) };
      this.#event({ type: 'content_block_delta', index: 0, delta });
    }
    this.#assistant(id, { type: 'text', text });
    this.#event({ type: 'content_block_stop', index: 0 });
    this.#event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
    this.#event({ type: 'message_stop' });
  }

  toolUse(id: string, name: string, input: Line): void {
    this.#assistant(this.nextId('msg'), { type: 'tool_use', id, name, input });
  }

  toolResult(id: string, text: string, failed: boolean): void {
    const content = [{ type: 'tool_result', tool_use_id: id, content: text, is_error: failed }];
    this.#say({ type: 'user', parent_tool_use_id: null, message: { role: 'user', content } });
  }

  errorMessage(text: string, kind: string): void {
    const message = {
      id: this.nextId('msg'),
      role: 'assistant',
      model: '<synthetic>',
      content: [{ type: 'text', text }],
    };
    this.#say({ type: 'assistant', parent_tool_use_id: null, message, error: kind });
  }

  result(how: TurnResult): void {
    this.#total.input += how.words.input;
    this.#total.output += how.words.output;
    this.#say({
      type: 'result',
      subtype: how.subtype,
      is_error: how.failed,
      result: how.text,
      num_turns: 1,
      total_cost_usd: 0,
      usage: { input_tokens: how.words.input, output_tokens: how.words.output },
      modelUsage: {
        [modelName]: {
          inputTokens: this.#total.input,
          outputTokens: this.#total.output,
          cacheReadInputTokens: 0,
          cacheCreationInputTokens: 0,
          costUSD: 0,
        },
      },
      permission_denials: [],
    });
  }

  #assistant(id: string, block: Line): void {
    const message = { id, role: 'assistant', model: modelName, content: [block], stop_reason: null };
    this.#say({ type: 'assistant', parent_tool_use_id: null, message });
  }

  #event(event: Line): void {
    this.#say({ type: 'stream_event', parent_tool_use_id: null, event });
  }

  #say(line: Line): void {
    this.#out.line({ ...line, session_id: this.#conversation });
  }
}
