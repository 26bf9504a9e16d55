import { idMaker, type Line, type TurnResult, type Voice } from '../speech.js';
import type { Transcript } from './transcript.js';
import type { Entry } from './view.js';

/** A pause between the pieces of a message, in milliseconds: a human sees the words come. */
const pieceMs = 20;

/** What speaking in the terminal needs. */
export interface VoiceParts {
  readonly entries: Entry[];
  readonly transcript: Transcript;
  readonly wait: (ms: number) => Promise<void>;
  /** Something is to be seen. */
  readonly changed: () => void;
}

/** Speaks to the human at the terminal, and writes down what it says. */
export class ScreenVoice implements Voice {
  readonly nextId = idMaker();
  readonly #parts: VoiceParts;
  /** Only what comes next says whether a message was the turn's last. */
  #last: { readonly id: string; readonly text: string } | undefined;
  #interrupted = false;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
  }

  /** Takes up a turn. */
  hear(text: string): void {
    this.#interrupted = false;
    this.#parts.transcript.typed(text);
    this.#show('you', text);
  }

  async message(text: string, pieces: number, pause?: () => Promise<void>): Promise<void> {
    this.#settle(null);
    const entry = this.#show('demo', '');
    const size = Math.max(1, Math.ceil(text.length / pieces));
    for (let at = 0; at < text.length; at += size) {
      if (at > 0) await (pause ?? (() => this.#parts.wait(pieceMs)))();
      entry.text += text.slice(at, at + size);
      this.#parts.changed();
    }
    this.#last = { id: this.nextId('msg'), text };
  }

  toolUse(id: string, name: string, input: Line): void {
    this.#settle(null);
    this.#parts.transcript.said(this.nextId('msg'), { type: 'tool_use', id, name, input }, 'tool_use');
    this.#show('note', `${name} ${String(input['file_path'] ?? '')}`.trim());
  }

  toolResult(id: string, text: string, failed: boolean): void {
    this.#parts.transcript.toolResult(id, text, failed);
    if (failed) this.#show('note', text);
  }

  errorMessage(text: string): void {
    this.#settle(null);
    this.#parts.transcript.said(this.nextId('msg'), { type: 'text', text }, 'stop_sequence');
    this.#show('demo', text);
  }

  result({ subtype }: TurnResult): void {
    this.#interrupted = subtype !== 'success';
  }

  /** The turn is over, by its result or without one. */
  finish(): void {
    this.#settle(this.#interrupted ? null : 'end_turn');
    if (!this.#interrupted) return;
    this.#parts.transcript.interrupted();
    this.#show('note', 'Interrupted.');
  }

  #settle(stop: 'end_turn' | null): void {
    if (!this.#last) return;
    const { id, text } = this.#last;
    this.#last = undefined;
    this.#parts.transcript.said(id, { type: 'text', text }, stop);
  }

  #show(who: Entry['who'], text: string): Entry {
    const entry: Entry = { who, text };
    this.#parts.entries.push(entry);
    this.#parts.changed();
    return entry;
  }
}
