import type { BrainOutput } from '../../contract.js';
import { asObject, asString, type Json, objectsOf } from '../json.js';
import { handleOf } from '../reader.js';
import { capText, capValue } from '../text.js';
import { toolOutput, toolTitle } from '../tools.js';
import { timeOf } from './order.js';

/** What the program notes among the words of a human, and nobody typed. */
const notes =
  /^<(local-command-[a-z]+|bash-std(out|err)|task-notification|system-reminder|user-memory-input|ide_[a-z_]+)\b/;

const interrupted = '[Request interrupted by user';

/** Reasons for the end of a message after which its turn goes on. */
const goesOn: ReadonlySet<unknown> = new Set([null, undefined, 'tool_use', 'pause_turn']);

/** Reads the lines of a conversation's transcript, as Claude Code writes it. */
export class TranscriptReader {
  readonly #tools = new Set<string>();
  #message = { id: '', texts: 0 };
  #turn = false;
  /** Time of the newest line that ended a turn. */
  #endedAt = 0;

  /** Whether a turn is on, as far as the transcript tells: one that is ended before its answer leaves no mark. */
  get turnOn(): boolean {
    return this.#turn;
  }

  /** Whether a tool runs, or waits for a human to allow it. */
  get toolOn(): boolean {
    return this.#tools.size > 0;
  }

  /** What a line says. Kinds it does not know are passed over: the CLI adds some with each release. */
  read(line: Json): BrainOutput[] {
    // A subagent's own words belong to the tool that it is.
    if (line['isSidechain'] === true) return [];
    switch (line['type']) {
      case 'user':
        return this.#user(line);
      case 'attachment':
        return this.#queued(line);
      case 'assistant':
        return this.#assistant(line);
      case 'system':
        return line['subtype'] === 'turn_duration' ? this.#ended(line) : [];
      default:
        return [];
    }
  }

  /** The terminal is closed: tools that still ran are told as failed. */
  close(): BrainOutput[] {
    this.#turn = false;
    return this.#dropTools('The terminal was closed before the tool ended.');
  }

  #user(line: Json): BrainOutput[] {
    const content = asObject(line['message'])?.['content'];
    const blocks = objectsOf(content);
    const results = blocks.flatMap((block) => this.#toolFinished(block));
    if (results.length > 0 || blocks.some((block) => block['type'] === 'tool_result')) return results;
    const text = typeof content === 'string' ? content : textOf(blocks);
    if (text.startsWith(interrupted)) return this.#ended(line);
    const typed = line['isMeta'] === true || line['isCompactSummary'] === true ? undefined : typedIn(text);
    const origin = asString(asObject(line['origin'])?.['kind']) ?? 'human';
    if (typed === undefined || origin !== 'human') return [];
    // A turn before it that left no mark is over.
    const dropped = this.#dropTools('The turn ended before the tool did.');
    return [...dropped, this.#typed(line, typed)];
  }

  /** What was typed while a turn was on may be taken up within it. */
  #queued(line: Json): BrainOutput[] {
    const attachment = asObject(line['attachment']) ?? {};
    if (attachment['type'] !== 'queued_command' || (attachment['commandMode'] ?? 'prompt') !== 'prompt')
      return [];
    const { prompt } = attachment;
    const typed = typedIn(typeof prompt === 'string' ? prompt : textOf(objectsOf(prompt)));
    return typed === undefined ? [] : [this.#typed(line, typed)];
  }

  #typed(line: Json, text: string): BrainOutput {
    // A line may come after those that answer it.
    if (timeOf(line) >= this.#endedAt) this.#turn = true;
    return { type: 'message.typed', message: asString(line['uuid']) ?? '', text };
  }

  #assistant(line: Json): BrainOutput[] {
    const message = asObject(line['message']) ?? {};
    const id = asString(message['id']) ?? '';
    if (id !== this.#message.id) this.#message = { id, texts: 0 };
    const said = objectsOf(message['content']).flatMap((block): BrainOutput[] => {
      if (block['type'] === 'tool_use') return [this.#toolStarted(block)];
      const text = block['type'] === 'text' ? asString(block['text']) : undefined;
      if (text === undefined) return [];
      return [{ type: 'message.completed', message: handleOf(id, this.#message.texts++), text }];
    });
    return goesOn.has(message['stop_reason']) ? said : [...said, ...this.#ended(line)];
  }

  #toolStarted(block: Json): BrainOutput {
    const tool = asString(block['id']) ?? '';
    const name = asString(block['name']) ?? 'unknown';
    this.#tools.add(tool);
    return {
      type: 'tool.started',
      tool,
      name,
      title: toolTitle(name, block['input']),
      input: capValue(block['input']),
    };
  }

  #toolFinished(block: Json): BrainOutput[] {
    const tool = asString(block['tool_use_id']);
    if (block['type'] !== 'tool_result' || tool === undefined || !this.#tools.delete(tool)) return [];
    const output = capText(toolOutput(block['content']));
    return [{ type: 'tool.finished', tool, failed: block['is_error'] === true, output }];
  }

  #ended(line: Json): BrainOutput[] {
    this.#turn = false;
    this.#endedAt = Math.max(this.#endedAt, timeOf(line));
    return this.#dropTools('The turn ended before the tool did.');
  }

  #dropTools(output: string): BrainOutput[] {
    const dropped = [...this.#tools].map((tool): BrainOutput => ({
      type: 'tool.finished',
      tool,
      failed: true,
      output,
    }));
    this.#tools.clear();
    return dropped;
  }
}

/** The text of a message's blocks without the program's notes, and a word for what is not text. */
function textOf(blocks: readonly Json[]): string {
  return blocks
    .map((block) => asString(block['text']) ?? `[${asString(block['type']) ?? 'unknown'}]`)
    .filter((text) => !notes.test(text))
    .join('\n');
}

/** What a human typed, as they typed it; undefined where nobody did. */
function typedIn(text: string): string | undefined {
  const bash = text.startsWith('<bash-input>') ? inTag(text, 'bash-input') : undefined;
  if (bash !== undefined) return `!${bash}`;
  const command = text.startsWith('<command-') ? inTag(text, 'command-name') : undefined;
  if (command !== undefined) return `${command} ${inTag(text, 'command-args') ?? ''}`.trim();
  return text === '' || notes.test(text) ? undefined : text;
}

/** What is in the first pair of a tag. A pattern would look through the whole text for each tag that has no end. */
function inTag(text: string, tag: string): string | undefined {
  const [before, after] = [`<${tag}>`, `</${tag}>`];
  const start = text.indexOf(before);
  const end = start < 0 ? -1 : text.indexOf(after, start);
  return end < 0 ? undefined : text.slice(start + before.length, end);
}
