import { randomUUID } from 'node:crypto';
import { asObject, asString, type Json } from './json.js';

/** How a brain answered a request of ours. */
export type ControlAnswer =
  { readonly ok: true; readonly response: Json } | { readonly ok: false; readonly error: string };

/** What a brain may ask of us. */
export interface ControlHandlers {
  canUseTool(id: string, request: Json): void;
  hook(id: string, request: Json): void;
  /** The brain no longer waits for the answer to this request. */
  cancelled(id: string): void;
  /** The brain repeats an answer to this request that it has got. */
  answered(id: string): void;
}

/** The control lines of one process, both ways, on the same pipes as everything else. */
export class ControlChannel {
  readonly #write: (line: Json) => void;
  readonly #handlers: ControlHandlers;
  readonly #waiting = new Map<string, (answer: ControlAnswer) => void>();
  /** Answers to what may have been answered by an earlier daemon, by request; undefined once it is known what was not. */
  #held: Map<string, Json> | undefined;

  /** With `hold` nothing is answered until `release`: what is heard by then may have been answered already. */
  constructor(write: (line: Json) => void, handlers: ControlHandlers, { hold }: { readonly hold: boolean }) {
    this.#write = write;
    this.#handlers = handlers;
    if (hold) this.#held = new Map();
  }

  /** Gives the answers that were held back, but for those that the brain has got from an earlier daemon. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const line of held?.values() ?? []) this.#write(line);
  }

  /** Sends a request; resolves with the answer, or with an error when the process ends first. Never rejects. */
  request(request: Json): Promise<ControlAnswer> {
    const id = randomUUID();
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#write({ type: 'control_request', request_id: id, request });
    });
  }

  answer(id: string, response: Json): void {
    this.#respond(id, { subtype: 'success', request_id: id, response });
  }

  #respond(id: string, response: Json): void {
    const line = { type: 'control_response', response };
    if (this.#held) this.#held.set(id, line);
    else this.#write(line);
  }

  /** Takes a control line; says whether it was one. */
  receive(line: Json): boolean {
    switch (line['type']) {
      case 'control_request':
        this.#asked(line);
        return true;
      case 'control_response':
        this.#answered(asObject(line['response']) ?? {});
        return true;
      case 'control_cancel_request': {
        const id = asString(line['request_id']) ?? '';
        this.#held?.delete(id);
        this.#handlers.cancelled(id);
        return true;
      }
      default:
        return false;
    }
  }

  /** Answers what still waits: the process is gone. */
  close(): void {
    for (const resolve of this.#waiting.values()) resolve({ ok: false, error: 'the process ended' });
    this.#waiting.clear();
  }

  #asked(line: Json): void {
    const id = asString(line['request_id']) ?? '';
    const request = asObject(line['request']) ?? {};
    switch (request['subtype']) {
      case 'can_use_tool':
        this.#handlers.canUseTool(id, request);
        return;
      case 'hook_callback':
        this.#handlers.hook(id, request);
        return;
      default:
        // Unanswered, the brain would wait for ever.
        this.#respond(id, {
          subtype: 'error',
          request_id: id,
          error: `khlone does not answer ${String(request['subtype'])}`,
        });
    }
  }

  #answered(response: Json): void {
    const id = asString(response['request_id']) ?? '';
    const resolve = this.#waiting.get(id);
    if (!resolve) {
      // With --replay-user-messages the CLI also repeats our own answers; their ids are its own.
      this.#held?.delete(id);
      this.#handlers.answered(id);
      return;
    }
    this.#waiting.delete(id);
    resolve(
      response['subtype'] === 'success'
        ? { ok: true, response: asObject(response['response']) ?? {} }
        : { ok: false, error: asString(response['error']) ?? 'unknown' },
    );
  }
}
