import type { Socket } from 'node:net';
import {
  createMessageConnection,
  NullLogger,
  ResponseError,
  type CancellationToken,
} from 'vscode-jsonrpc/node';
import { KhloneError } from '../../protocol/error.js';
import { fail } from '../../protocol/fail.js';
import type { JsonParts } from '../../protocol/wire/writer.js';
import { DisposableStore, Emitter, onUnexpectedError, toDisposable, type Disposable } from '../lifecycle.js';
import { Call, type Environment } from './call.js';
import type { Dispatcher } from './dispatch.js';
import { Gate } from './gate.js';
import { type ExpressRequest, Guard, type GuardCounters } from './guard.js';
import type { RpcLimits } from './limits.js';

/** Where a connection stands. */
export type ConnectionState = 'greeting' | 'ready' | 'draining' | 'parting' | 'closed';

type Step = 'welcome' | 'drain' | 'part' | 'gone';

const steps: Readonly<Record<ConnectionState, Partial<Record<Step, ConnectionState>>>> = {
  greeting: { welcome: 'ready', drain: 'draining', part: 'parting', gone: 'closed' },
  ready: { drain: 'draining', part: 'parting', gone: 'closed' },
  draining: { part: 'parting', gone: 'closed' },
  parting: { gone: 'closed' },
  closed: {},
};

/** Who is at the other end, as it said at initialize. */
export interface ClientIdentity {
  readonly name: string;
  readonly version: string;
  /** Allow-listed variables of its environment; secrets among them, so for memory only. */
  readonly environment: Environment;
}

/** How far a client is behind with reading, for those who send it much. */
export interface Outbound {
  /** Whether to gather or leave out: from 1 MiB waiting until `onDrained` tells. */
  pressure(): boolean;
  /** Bytes that the kernel has not taken. */
  readonly queuedBytes: number;
  /** Tells when pressure is over. */
  onDrained(listener: () => void): Disposable;
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly id: string;
  readonly socket: Socket;
  readonly dispatcher: Dispatcher;
  readonly limits: RpcLimits;
  readonly counters: GuardCounters;
}

/** One client: from accept to the end of its socket. */
export class Connection {
  /** Unique in this daemon's life. */
  readonly id: string;
  /** Ends with the connection: whatever exists for this client alone belongs in here. */
  readonly lifetime = new DisposableStore();
  readonly outbound: Outbound;
  /** Resolves when the socket is gone; never rejects. */
  readonly closed: Promise<void>;
  readonly #parts: ConnectionParts;
  readonly #guard: Guard;
  readonly #calls = new Set<Call>();
  readonly #express = new Map<number, Call>();
  readonly #drained = new Emitter<void>();
  readonly #idle = new Emitter<void>();
  readonly #gate: Gate;
  readonly #hello: NodeJS.Timeout;
  #state: ConnectionState = 'greeting';
  #client: ClientIdentity | undefined;
  /** Set when the connection begins to end: calls that come after it do not begin. */
  #ending: KhloneError | undefined;
  #settleClosed: () => void = () => {};

  constructor(parts: ConnectionParts) {
    const { id, socket, dispatcher, limits, counters } = parts;
    this.id = id;
    this.#parts = parts;
    this.closed = new Promise((resolve) => (this.#settleClosed = resolve));
    // Errors of a socket are followed by its close, which is all that matters here.
    socket.on('error', () => {});
    socket.once('close', () => this.#gone());
    this.#guard = new Guard({
      socket,
      limits,
      counters,
      sink: {
        // A client that sends its first calls without waiting for the greeting has them taken in order.
        isExpress: (method) => this.#state !== 'greeting' && dispatcher.isExpress(method),
        express: (request) => void this.#runExpress(request).catch(onUnexpectedError),
        withdrawn: (request) => this.#express.get(request)?.end(fail('cancelled', {})),
        unbearable: (error) => this.part(error),
        ended: () => this.part(),
        drained: () => this.#drained.fire(),
        idle: () => this.#idle.fire(),
        incident: (incident) => dispatcher.onIncident(incident),
      },
    });
    const guard = this.#guard;
    this.#gate = new Gate({
      shut: () => guard.pressed && this.#ending === undefined,
      opened: () => this.#next(this.#drained),
    });
    this.outbound = {
      pressure: () => guard.pressed,
      get queuedBytes() {
        return guard.queuedBytes;
      },
      onDrained: (listener) => this.#drained.on(listener),
    };
    this.#hello = setTimeout(
      () => this.part(fail('invalidRequest', { reason: `no initialize came within ${limits.helloMs} ms` })),
      limits.helloMs,
    );
    this.#hello.unref();
    this.lifetime.add(toDisposable(() => clearTimeout(this.#hello)));
    this.lifetime.add(this.#drained);
    this.#listen();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Who the client is; undefined before initialize. */
  get client(): ClientIdentity | undefined {
    return this.#client;
  }

  /** The client's environment; empty before initialize. */
  get environment(): Environment {
    return this.#client?.environment ?? {};
  }

  /** Requests without an answer. */
  get inFlight(): number {
    return this.#guard.inFlight;
  }

  /** The last step of a successful initialize: from here on every method is open. Throws `invalidRequest` the second time. */
  welcome(client: ClientIdentity): void {
    if (this.#state === 'ready') throw fail('invalidRequest', { reason: 'initialize was sent twice' });
    if (!this.#step('welcome')) return;
    this.#client = client;
    clearTimeout(this.#hello);
  }

  /** Sends a notification. Never throws; false if it could not be sent: the client has gone, or it is over 8 MiB. */
  notify(method: string, params: object): boolean {
    if (this.#state !== 'ready' && this.#state !== 'draining') return false;
    return this.#guard.notify(method, params) === 'sent';
  }

  /** Sends a notification whose JSON is made already. Like `notify`; `taken` is called once the kernel has it. */
  notifyJson(message: JsonParts, taken: () => void): boolean {
    if (this.#state !== 'ready' && this.#state !== 'draining') return false;
    return this.#guard.notifyJson(message, taken) === 'sent';
  }

  /** Tells every call in flight to end, for this reason, and begins no new one. Resolves once all have been answered. */
  async drain(reason: KhloneError): Promise<void> {
    if (this.#step('drain')) this.#endCalls(reason);
    await this.#settled();
  }

  #endCalls(reason: KhloneError): void {
    this.#ending ??= reason;
    for (const call of this.#calls) call.end(reason);
  }

  async #settled(): Promise<void> {
    if (this.inFlight > 0) await this.#next(this.#idle);
  }

  /** Resolves when the emitter fires, or the connection is closed. */
  async #next(emitter: Emitter<void>): Promise<void> {
    let heard: Disposable | undefined;
    const fired = new Promise<void>((resolve) => (heard = emitter.on(resolve)));
    await Promise.race([fired, this.closed]);
    heard?.dispose();
  }

  /** Lets the client go: a last error if there is one, what is queued already, then the end, at most `partingMs` later. */
  part(reason?: KhloneError): void {
    if (!this.#step('part')) return;
    this.#endCalls(reason ?? fail('cancelled', {}));
    this.#guard.finish(reason);
    const { socket, limits } = this.#parts;
    const deadline = setTimeout(() => socket.destroy(), limits.partingMs);
    this.lifetime.add(toDisposable(() => clearTimeout(deadline)));
  }

  /** Ends the socket at once. */
  destroy(): void {
    this.#parts.socket.destroy();
  }

  #step(step: Step): boolean {
    const next = steps[this.#state][step];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #gone(): void {
    if (!this.#step('gone')) return;
    this.#endCalls(fail('cancelled', {}));
    this.#guard.finish();
    this.lifetime.dispose();
    this.#settleClosed();
  }

  #listen(): void {
    const rpc = createMessageConnection(this.#guard.reader, this.#guard.writer, NullLogger);
    rpc.onRequest((method: string, params: unknown, token: CancellationToken) =>
      this.#run(method, params, token),
    );
    this.lifetime.add(toDisposable(() => rpc.dispose()));
    rpc.listen();
  }

  #open(): Call {
    const call = new Call(this);
    this.#calls.add(call);
    if (this.#ending !== undefined) call.end(this.#ending);
    return call;
  }

  async #dispatch(method: string, params: unknown, call: Call): Promise<unknown> {
    const gate = this.#gate.pass();
    if (gate !== undefined) await gate;
    return this.#parts.dispatcher.dispatch(method, params, call);
  }

  /** Runs a call in the turn it came in; its answer is written in the turn its handler ends in. */
  async #runExpress({ id, method, params }: ExpressRequest): Promise<void> {
    const call = this.#open();
    this.#express.set(id, call);
    let sent = false;
    try {
      const result = (await this.#dispatch(method, params, call)) ?? null;
      sent = this.#guard.answer({ jsonrpc: '2.0', id, result });
    } catch (error) {
      if (!(error instanceof KhloneError)) throw error;
      const { code, message, data } = error;
      this.#guard.answer({ jsonrpc: '2.0', id, error: { code, message, data } });
    } finally {
      this.#express.delete(id);
      this.#calls.delete(call);
      call.answered(sent);
    }
  }

  async #run(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    const call = this.#open();
    const cancel = (): void => call.end(fail('cancelled', {}));
    if (token.isCancellationRequested) cancel();
    const watching = token.onCancellationRequested(cancel);
    try {
      return await this.#dispatch(method, params, call);
    } catch (error) {
      if (error instanceof KhloneError) throw new ResponseError(error.code, error.message, error.data);
      throw error;
    } finally {
      watching.dispose();
      this.#calls.delete(call);
      // The library writes the answer within this turn.
      setImmediate(() => call.answered(true));
    }
  }
}
