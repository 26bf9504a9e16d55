import type { ModelUsage } from '../contract.js';
import { asNumber, asObject, asString, type Json } from './json.js';

type Counts = Omit<ModelUsage, 'model' | 'costUsd'>;

/** What one turn has used so far, from the events of its streamed messages: its `result` tells only at its end. */
export class TurnUsage {
  /** By the stream they come in (a subagent's, or the turn's own): the message that is being written. */
  readonly #open = new Map<string, { readonly model: string; readonly counts: Counts }>();
  readonly #done = new Map<string, Counts>();

  /** Takes an event of a stream; says whether there is more to count now. */
  take(stream: string, event: Json): boolean {
    switch (event['type']) {
      case 'message_start': {
        this.#close(stream);
        const message = asObject(event['message']) ?? {};
        const counts = countsOf(asObject(message['usage']) ?? {});
        this.#open.set(stream, { model: asString(message['model']) ?? 'unknown', counts });
        return true;
      }
      case 'message_delta': {
        const open = this.#open.get(stream);
        const usage = asObject(event['usage']);
        if (!open || !usage) return false;
        // Counts of a message only grow, and the last word on it leaves some of them out.
        this.#open.set(stream, { model: open.model, counts: most(open.counts, countsOf(usage)) });
        return true;
      }
      case 'message_stop':
        this.#close(stream);
        return false;
      default:
        return false;
    }
  }

  get byModel(): ModelUsage[] {
    const all = new Map(this.#done);
    for (const { model, counts } of this.#open.values()) all.set(model, sum(all.get(model), counts));
    return [...all].map(([model, counts]) => ({ model, ...counts, costUsd: 0 }));
  }

  #close(stream: string): void {
    const open = this.#open.get(stream);
    if (!open) return;
    this.#open.delete(stream);
    this.#done.set(open.model, sum(this.#done.get(open.model), open.counts));
  }
}

function countsOf(usage: Json): Counts {
  return {
    inputTokens: asNumber(usage['input_tokens']),
    outputTokens: asNumber(usage['output_tokens']),
    cacheWriteTokens: asNumber(usage['cache_creation_input_tokens']),
    cacheReadTokens: asNumber(usage['cache_read_input_tokens']),
  };
}

function combine(a: Counts, b: Counts, by: (x: number, y: number) => number): Counts {
  return {
    inputTokens: by(a.inputTokens, b.inputTokens),
    outputTokens: by(a.outputTokens, b.outputTokens),
    cacheWriteTokens: by(a.cacheWriteTokens, b.cacheWriteTokens),
    cacheReadTokens: by(a.cacheReadTokens, b.cacheReadTokens),
  };
}

const most = (a: Counts, b: Counts): Counts => combine(a, b, Math.max);
const sum = (a: Counts | undefined, b: Counts): Counts => (a ? combine(a, b, (x, y) => x + y) : b);
