import type { BrainOutput } from '../brains/contract.js';
import { boundedObject, cut, cutTitle, maxMessageLength, maxToolLength } from '../events/cut.js';
import type { EventLog, NewEvent } from '../events/log.js';

/** Longest reason of a fault in the history, in UTF-16 units. */
const maxFaultLength = 2000;

/** What a brain says and does that belongs into the history as it is. */
export type Said = Extract<
  BrainOutput,
  { type: 'message.completed' | 'message.typed' | 'tool.started' | 'tool.finished' | 'fault' }
>;

/** Whose words they are, and how secrets come out of them. */
export interface Speaker {
  readonly clone: string;
  /** Missing for what is said in a terminal, outside any task. */
  readonly task?: string;
  readonly redact: <T>(value: T) => T;
  /** Writes what belongs to it in the same transaction. */
  readonly noted?: (() => void) | undefined;
}

/** Writes into the history what a brain said: without secrets, and no longer than is kept. */
export function tell(log: EventLog, speaker: Speaker, said: Said): void {
  log.observe(eventOf(speaker, said), speaker.noted);
}

function eventOf({ clone, task, redact }: Speaker, said: Said): NewEvent {
  const place = { clone, ...(task !== undefined && { task }) };
  switch (said.type) {
    case 'message.completed':
      return {
        type: 'message.completed',
        ...place,
        message: said.message,
        ...cut(redact(said.text), maxMessageLength),
      };
    case 'message.typed':
      return {
        type: 'message.typed',
        clone,
        message: said.message,
        ...cut(redact(said.text), maxMessageLength),
      };
    case 'tool.started': {
      const { tool, name } = said;
      const title = cutTitle(redact(said.title));
      const input = boundedObject(redact(said.input), maxToolLength);
      return { type: 'tool.started', ...place, tool, name, title, input };
    }
    case 'tool.finished': {
      const { tool, failed } = said;
      const { text, truncated } = cut(redact(said.output), maxToolLength);
      return {
        type: 'tool.finished',
        ...place,
        tool,
        failed,
        output: text,
        ...(truncated && { truncated }),
      };
    }
    case 'fault':
      return { type: 'brain.fault', ...place, reason: cut(redact(said.reason), maxFaultLength).text };
  }
}

/** The output as something said or done, if it is. */
export function asSaid(output: BrainOutput): Said | undefined {
  switch (output.type) {
    case 'message.completed':
    case 'message.typed':
    case 'tool.started':
    case 'tool.finished':
    case 'fault':
      return output;
    default:
      return undefined;
  }
}
