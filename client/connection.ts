import type { Socket } from 'node:net';
import type { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import { parseBody } from '../protocol/wire/body.js';
import { FrameReader } from '../protocol/wire/reader.js';
import { FrameWriter } from '../protocol/wire/writer.js';
import type { CallOptions } from './caller.js';
import { onAbort, toDisposable, type Disposable } from './disposable.js';
import { readPlainData } from './streams/plainData.js';
import { errorFromWire, failBecause, isRecord } from './wire-errors.js';

/** A message from the daemon that no answer is due to. */
export interface Notification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Size of its frame's body: what it costs to keep. */
  readonly bytes: number;
}

/** Options of a call that its answer has to find at once. */
export interface RequestOptions extends CallOptions {
  /** Hears the result the moment it is read, before any message that follows it; also one that comes after the abort. */
  readonly answered?: (result: unknown) => void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: KhloneError): void;
}

/**
 * One connection to a daemon, over a connected socket that it takes over. Written on the frames
 * themselves: the JSON-RPC library would cost each command of the CLI more time to load than its call takes.
 */
export class ClientConnection implements AsyncDisposable {
  /** Resolves when the socket is gone; never rejects. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #out: FrameWriter;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(notification: Notification) => void>();
  readonly #streams = new Map<string, (notification: Notification) => void>();
  readonly #enders = new Set<() => void>();
  #lastId = 0;
  #state: 'open' | 'ended' = 'open';
  #parting: KhloneError | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Errors of a socket are followed by its close, which is all that matters here.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const reader = new FrameReader(socket, {
      body: (body) => this.#take(body),
      broken: () => this.#lose(),
      ended: () => this.#lose(),
    });
    // What waits here are the caller's own requests: bounded by the caller, not by letting the daemon go.
    this.#out = new FrameWriter(socket, {}, { overflowBytes: Number.POSITIVE_INFINITY });
    reader.start();
  }

  /** Whether calls can still be sent. */
  get open(): boolean {
    return this.#state === 'open' && this.#socket.writable;
  }

  /** What the daemon said about the connection as a whole, if anything: why it let this client go. */
  get parting(): KhloneError | undefined {
    return this.#parting;
  }

  /** Sends a request. Rejects with the daemon's error, `cancelled` on abort, `connectionLost` when the socket dies first. */
  request(method: string, params: unknown, { signal, answered }: RequestOptions = {}): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(failBecause('cancelled', {}, signal.reason));
    const id = ++this.#lastId;
    const outcome = this.#out.write({ jsonrpc: '2.0', id, method, params });
    if (outcome === 'tooLong') {
      return Promise.reject(fail('limitReached', { what: 'bytes in one request', limit: 8 * 1024 * 1024 }));
    }
    if (outcome === 'gone' || this.#state === 'ended') {
      // Known here before the socket tells: whoever calls again at once finds another connection.
      this.#lose();
      return Promise.reject(this.#lost());
    }
    return new Promise((resolve, reject) => {
      const abort = onAbort(signal, () => {
        if (answered === undefined) this.#pending.delete(id);
        else this.#pending.set(id, { resolve: answered, reject: () => {} });
        this.#out.write({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } });
        reject(failBecause('cancelled', {}, signal?.reason));
      });
      this.#pending.set(id, {
        resolve(result) {
          abort.dispose();
          answered?.(result);
          resolve(result);
        },
        reject(error) {
          abort.dispose();
          reject(error);
        },
      });
    });
  }

  /** Hears every notification that is not of one stream, synchronously and in order, from now on. */
  onNotification(listener: (notification: Notification) => void): Disposable {
    this.#listeners.add(listener);
    return toDisposable(() => this.#listeners.delete(listener));
  }

  /** Hears the notifications of one stream, synchronously and in order, from now on. */
  onStream(stream: string, listener: (notification: Notification) => void): Disposable {
    this.#streams.set(stream, listener);
    return toDisposable(() => this.#streams.delete(stream));
  }

  /** Runs `listener` once when the connection ends, at once if it has. */
  onEnd(listener: () => void): Disposable {
    if (this.#state === 'ended') listener();
    else this.#enders.add(listener);
    return toDisposable(() => this.#enders.delete(listener));
  }

  /** Ends the connection; calls without an answer reject with `cancelled`. */
  close(): Promise<void> {
    this.#lose(() => fail('cancelled', {}));
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(body: Buffer): void {
    const data = readPlainData(body);
    if (data !== undefined)
      return this.#tell({ method: 'stream/data', params: { ...data }, bytes: body.length });
    const parsed = parseBody(body);
    const message = parsed.ok ? parsed.value : undefined;
    if (!isRecord(message)) return this.#lose();
    const { id, method, params, result, error } = message;
    if (typeof method === 'string') {
      if (id !== undefined) return;
      this.#tell({ method, params: isRecord(params) ? params : {}, bytes: body.length });
    } else if (id === null) {
      this.#parting = errorFromWire(error);
    } else {
      const pending = this.#pending.get(id as number);
      if (pending === undefined) return;
      this.#pending.delete(id as number);
      if (error === undefined) pending.resolve(result);
      else pending.reject(errorFromWire(error));
    }
  }

  #tell(notification: Notification): void {
    const { stream } = notification.params;
    if (typeof stream === 'string') this.#streams.get(stream)?.(notification);
    else for (const listener of Array.from(this.#listeners)) listener(notification);
  }

  #lost(): KhloneError {
    return failBecause('connectionLost', {}, this.#parting);
  }

  #lose(why = (): KhloneError => this.#lost()): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // Not `end`: a daemon that is stuck would keep the socket, and this process, for ever.
    this.#socket.destroy();
    for (const pending of this.#pending.values()) pending.reject(why());
    this.#pending.clear();
    for (const ender of this.#enders) ender();
    this.#enders.clear();
    this.#listeners.clear();
    this.#streams.clear();
  }
}
