import type { Server, Socket } from 'node:net';
import { fail } from '../../protocol/fail.js';
import { encodeFrame } from '../../protocol/wire/frames.js';
import { Emitter, type Disposable } from '../lifecycle.js';
import { Connection } from './connection.js';
import type { Dispatcher } from './dispatch.js';
import { newGuardCounters, type GuardCounters } from './guard.js';
import { defaultRpcLimits, type RpcLimits } from './limits.js';
import type { KhloneError } from '../../protocol/error.js';

/** What a server is made of. */
export interface RpcServerParts {
  /** Listening or about to; it stays its owner's, who stops it from listening. */
  readonly server: Server;
  readonly dispatcher: Dispatcher;
  readonly limits?: Partial<RpcLimits>;
  /** Clients at one time. */
  readonly maxConnections?: number;
}

/** Serves a net.Server's sockets, one Connection each. */
export class RpcServer {
  readonly #parts: RpcServerParts;
  readonly #limits: RpcLimits;
  readonly #maxConnections: number;
  readonly #connections = new Set<Connection>();
  readonly #counters = newGuardCounters();
  readonly #opened = new Emitter<Connection>();
  readonly #accept = (socket: Socket): void => this.#take(socket);
  #lastId = 0;
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
    this.#limits = { ...defaultRpcLimits, ...parts.limits };
    this.#maxConnections = parts.maxConnections ?? 512;
    parts.server.on('connection', this.#accept);
  }

  /** The clients of this moment. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** What the guards of all connections have let through and refused since the start. */
  get counters(): Readonly<GuardCounters> {
    return this.#counters;
  }

  /** Tells of each new connection, before it has said anything. */
  onConnection(listener: (connection: Connection) => void): Disposable {
    return this.#opened.on(listener);
  }

  /**
   * Lets every client go: calls in flight are told to end and have `graceMs` to answer, what is
   * answered is sent, then the sockets end. Resolves when all are gone. New clients are refused.
   */
  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      await this.#letGo(graceMs);
      this.#state = 'closed';
      this.#parts.server.off('connection', this.#accept);
      this.#opened.dispose();
    }
    await this.#allClosed();
  }

  async #letGo(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    const reason = fail('shuttingDown', {});
    const drained = [...this.#connections].map((connection) => connection.drain(reason));
    await Promise.race([Promise.all(drained), deadline]);
    clearTimeout(timer);
    for (const connection of this.#connections) connection.part();
  }

  async #allClosed(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.closed));
  }

  #take(socket: Socket): void {
    if (this.#state !== 'open') return this.#turnAway(socket, fail('shuttingDown', {}));
    if (this.#connections.size >= this.#maxConnections) {
      const limit = this.#maxConnections;
      return this.#turnAway(socket, fail('limitReached', { what: 'clients', limit }));
    }
    const connection = new Connection({
      id: `k${++this.#lastId}`,
      socket,
      dispatcher: this.#parts.dispatcher,
      limits: this.#limits,
      counters: this.#counters,
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    this.#opened.fire(connection);
  }

  #turnAway(socket: Socket, error: KhloneError): void {
    socket.on('error', () => {});
    const { code, message, data } = error;
    socket.end(encodeFrame({ jsonrpc: '2.0', id: null, error: { code, message, data } }).text);
    socket.resume();
    const deadline = setTimeout(() => socket.destroy(), this.#limits.partingMs);
    socket.once('close', () => clearTimeout(deadline));
  }
}
