import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable as JsonRpcDisposable,
  type Message,
  type MessageReader,
  type MessageWriter,
  type ResponseMessage,
} from 'vscode-jsonrpc/node';
import type { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import { FrameReader } from '../../protocol/wire/reader.js';
import { FrameWriter, type JsonParts, type WriteOutcome } from '../../protocol/wire/writer.js';
import { readEnvelope, type Envelope, type WireId } from './envelope.js';
import type { Incident } from './incident.js';
import type { RpcLimits } from './limits.js';

/** What came through and what did not, by cause. */
export interface GuardCounters {
  /** Requests handed on. */
  requests: number;
  /** Messages answered with an error of the envelope, by kind. */
  refused: { parseError: number; invalidRequest: number; invalidParams: number; tooManyRequests: number };
  /** Messages that no answer is due to: unsolicited responses, unknown notifications, cancels of nothing. */
  dropped: number;
  /** Connections ended for bytes that are no frames. */
  unframeable: number;
}

/** Fresh counters, all zero. */
export const newGuardCounters = (): GuardCounters => ({
  requests: 0,
  refused: { parseError: 0, invalidRequest: 0, invalidParams: 0, tooManyRequests: 0 },
  dropped: 0,
  unframeable: 0,
});

/** A request that is answered past the library's queue. */
export interface ExpressRequest {
  /** The guard's own, for `answer`. */
  readonly id: number;
  readonly method: string;
  readonly params: object | undefined;
}

/** Who hears what the guard finds. */
export interface GuardSink {
  /** Whether a request of this method goes to `express` and not to the library. */
  isExpress(method: string): boolean;
  /** A request that is due one `answer`. */
  express(request: ExpressRequest): void;
  /** The client no longer wants the answer to a request that went to `express`. */
  withdrawn(id: number): void;
  /** The peer cannot stay; the error is the last thing to tell it. */
  unbearable(error: KhloneError): void;
  /** The peer has gone. */
  ended(): void;
  /** The peer has caught up after pressure. */
  drained(): void;
  /** The last request in flight has been answered. */
  idle(): void;
  /** An answer could not be written as JSON. */
  incident(incident: Incident): void;
}

/** What a guard is made of. */
export interface GuardParts {
  readonly socket: Socket;
  readonly limits: RpcLimits;
  readonly counters: GuardCounters;
  readonly sink: GuardSink;
}

class GuardedReader extends AbstractMessageReader implements MessageReader {
  #begin: (callback: DataCallback) => void;

  constructor(begin: (callback: DataCallback) => void) {
    super();
    this.#begin = begin;
  }

  listen(callback: DataCallback): JsonRpcDisposable {
    this.#begin(callback);
    return { dispose: () => {} };
  }
}

class GuardedWriter extends AbstractMessageWriter implements MessageWriter {
  #take: (message: Message) => void;

  constructor(take: (message: Message) => void) {
    super();
    this.#take = take;
  }

  write(message: Message): Promise<void> {
    this.#take(message);
    return Promise.resolve();
  }

  end(): void {}
}

/**
 * Stands between one socket and vscode-jsonrpc, which alone is not safe: only requests with a good
 * envelope pass, under ids of the guard's own (the library confuses `1` with `"1"` and never
 * forgets a cancel it cannot place), and every answer leaves by one counted write.
 */
export class Guard {
  readonly reader: MessageReader = new GuardedReader((callback) => this.#begin(callback));
  readonly writer: MessageWriter = new GuardedWriter(
    (message) => void this.answer(message as ResponseMessage),
  );
  readonly #parts: GuardParts;
  readonly #frames: FrameReader;
  readonly #out: FrameWriter;
  readonly #wireIds = new Map<number, WireId>();
  readonly #ownIds = new Map<WireId, number>();
  readonly #cancelled = new Set<number>();
  readonly #express = new Set<number>();
  #lastId = 0;
  #deliver: DataCallback | undefined;

  constructor(parts: GuardParts) {
    const { socket, limits, sink } = parts;
    this.#parts = parts;
    this.#frames = new FrameReader(
      socket,
      {
        body: (body) => this.#judge(readEnvelope(body, limits)),
        broken: (error) => {
          parts.counters.unframeable += 1;
          sink.unbearable(fail('parseError', { reason: error.message }));
        },
        ended: () => sink.ended(),
      },
      { limits: limits.frames, budget: limits.budget },
    );
    this.#out = new FrameWriter(
      socket,
      {
        // A peer that does not read its answers is not read either: what it costs stays bounded.
        pressed: () => this.#frames.hold(),
        drained: () => {
          this.#frames.release();
          sink.drained();
        },
        overflowed: (bytes) => sink.unbearable(fail('slowReader', { bytes })),
      },
      limits.outbound,
    );
  }

  /** Requests handed on and not yet answered. */
  get inFlight(): number {
    return this.#wireIds.size;
  }

  /** Bytes for this client that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#out.queuedBytes;
  }

  /** Whether the client is behind with reading. */
  get pressed(): boolean {
    return this.#out.pressed;
  }

  /** Sends a notification. Never throws for what the peer does. */
  notify(method: string, params: object): WriteOutcome {
    return this.#out.write({ jsonrpc: '2.0', method, params });
  }

  /** Sends a notification whose JSON is made already; `taken` is called once the kernel has it. */
  notifyJson(message: JsonParts, taken: () => void): WriteOutcome {
    return this.#out.writeJson(message, taken);
  }

  /**
   * Writes the answer to a request, whoever ran it, under the id the client gave it; a second one goes nowhere.
   * False if another answer went out in its place.
   */
  answer(message: ResponseMessage): boolean {
    const own = message.id as number;
    const id = this.#wireIds.get(own);
    if (id === undefined) return false;
    this.#wireIds.delete(own);
    this.#ownIds.delete(id);
    this.#cancelled.delete(own);
    this.#express.delete(own);
    const sent = this.#writeAnswer({ ...message, id });
    if (this.#wireIds.size === 0) this.#parts.sink.idle();
    return sent;
  }

  /** Says a last word, if any, ends this side and reads no more. */
  finish(error?: KhloneError): void {
    this.#frames.discard();
    this.#out.finish(error === undefined ? undefined : errorMessage(null, error));
  }

  #begin(callback: DataCallback): void {
    this.#deliver = callback;
    this.#frames.start();
  }

  #judge(envelope: Envelope): void {
    const { counters } = this.#parts;
    switch (envelope.type) {
      case 'request':
        return this.#admit(envelope);
      case 'cancel':
        return this.#cancel(envelope.id);
      case 'bad':
        return this.#refuse(envelope.id, envelope.error);
      case 'notification':
      case 'response':
        counters.dropped += 1;
    }
  }

  #admit({ id, method, params }: Envelope & { type: 'request' }): void {
    const { counters, limits, sink } = this.#parts;
    if (this.#ownIds.has(id)) {
      // Under its own id this would pass for the answer to the first request.
      return this.#refuse(
        null,
        fail('invalidRequest', { reason: `id ${JSON.stringify(id)} is in flight already` }),
      );
    }
    if (this.#wireIds.size >= limits.inFlight) {
      return this.#refuse(id, fail('tooManyRequests', { limit: limits.inFlight }));
    }
    counters.requests += 1;
    const own = ++this.#lastId;
    this.#ownIds.set(id, own);
    this.#wireIds.set(own, id);
    if (sink.isExpress(method)) {
      this.#express.add(own);
      return sink.express({ id: own, method, params });
    }
    this.#deliver?.({ jsonrpc: '2.0', id: own, method, ...(params && { params }) } as Message);
  }

  #cancel(id: WireId): void {
    const own = this.#ownIds.get(id);
    if (own === undefined || this.#cancelled.has(own)) {
      this.#parts.counters.dropped += 1;
      return;
    }
    this.#cancelled.add(own);
    if (this.#express.has(own)) return this.#parts.sink.withdrawn(own);
    this.#deliver?.({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: own } } as Message);
  }

  #refuse(id: WireId | null, error: KhloneError): void {
    const { refused } = this.#parts.counters;
    if (error.kind in refused) refused[error.kind as keyof typeof refused] += 1;
    this.#out.write(errorMessage(id, error));
  }

  #writeAnswer(message: ResponseMessage): boolean {
    const { limits, sink } = this.#parts;
    try {
      const outcome = this.#out.write(message);
      if (outcome !== 'tooLong') return outcome === 'sent';
      const limit = limits.outbound.bodyBytes;
      this.#out.write(errorMessage(message.id, fail('limitReached', { what: 'bytes in one answer', limit })));
    } catch (error) {
      const incident = { id: randomUUID(), method: 'answer', error };
      sink.incident(incident);
      this.#out.write(errorMessage(message.id, fail('internalError', { incident: incident.id })));
    }
    return false;
  }
}

/** An error answer as it goes on the wire. */
function errorMessage(id: WireId | null, error: KhloneError): object {
  return { jsonrpc: '2.0', id, error: { code: error.code, message: error.message, data: error.data } };
}
