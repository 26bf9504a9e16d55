import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Line } from '../speech.js';

/** Where a conversation's transcript is, in the demo's folder. */
export const transcriptOf = (folder: string, conversation: string): string =>
  join(folder, 'talks', `${conversation.replace(/[^\w-]/g, '_')}.jsonl`);

/** Writes down what is said in the terminal, a JSON line for each message, in the form of Claude Code's transcripts. */
export class Transcript {
  readonly #file: string;
  readonly #conversation: string;
  #parent: string | null = null;

  constructor(folder: string, conversation: string) {
    this.#file = transcriptOf(folder, conversation);
    this.#conversation = conversation;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
  }

  typed(text: string): void {
    this.#append({ type: 'user', message: { role: 'user', content: text } });
  }

  /** `stop` is why the message ended; null where more of the turn comes. */
  said(id: string, block: Line, stop: 'end_turn' | 'stop_sequence' | 'tool_use' | null): void {
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model: 'khlone-demo',
      content: [block],
      stop_reason: stop,
    };
    this.#append({ type: 'assistant', message });
  }

  toolResult(tool: string, text: string, failed: boolean): void {
    const content = [{ type: 'tool_result', tool_use_id: tool, content: text, is_error: failed }];
    this.#append({ type: 'user', message: { role: 'user', content } });
  }

  /** The same words as Claude Code's: readers know an interrupted turn by them. */
  interrupted(): void {
    const content = [{ type: 'text', text: '[Request interrupted by user]' }];
    this.#append({ type: 'user', message: { role: 'user', content } });
  }

  #append(line: Line): void {
    const uuid = randomUUID();
    const place = { parentUuid: this.#parent, isSidechain: false, uuid, timestamp: new Date().toISOString() };
    const whole = { ...place, sessionId: this.#conversation, cwd: process.cwd(), ...line };
    appendFileSync(this.#file, `${JSON.stringify(whole)}\n`, { mode: 0o600 });
    this.#parent = uuid;
  }
}
