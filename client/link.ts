import { unlessAborted } from './abort.js';
import type { Caller, CallOptions } from './caller.js';
import type { ClientConnection } from './connection.js';
import { callPatiently, isPatient } from './patientCall.js';
import { failBecause } from './wire-errors.js';

/** Makes a connection on which initialize has been answered; starts the daemon if it may. */
export type OpenConnection = (signal: AbortSignal) => Promise<ClientConnection>;

/**
 * A lasting way to one zone's daemon: one connection at a time, made again by the next call after it
 * was lost. A call that was pending then has failed, and is never sent again, but for those that only wait.
 */
export class Link implements Caller, AsyncDisposable {
  readonly #open: OpenConnection;
  readonly #closing = new AbortController();
  #current: Promise<ClientConnection> | undefined;
  #living: ClientConnection | undefined;

  constructor(open: OpenConnection) {
    this.#open = open;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The living connection, or a new one. Rejects with `cancelled` on abort and after `close`, or why there is none. */
  connection(signal?: AbortSignal): Promise<ClientConnection> {
    if (this.#living?.open === true) return Promise.resolve(this.#living);
    if (this.closed) return Promise.reject(failBecause('cancelled', {}, this.#closing.signal.reason));
    this.#living = undefined;
    this.#current ??= this.#connect();
    const current = this.#current;
    return signal === undefined ? current : unlessAborted(current, signal);
  }

  async call(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    const send = async (given: unknown): Promise<unknown> => {
      const connection = await this.connection(options.signal);
      return connection.request(method, given, options);
    };
    return isPatient(method) ? callPatiently(send, params, options) : send(params);
  }

  /** Ends the connection and whatever waits on it; later calls reject with `cancelled`. */
  async close(): Promise<void> {
    if (!this.closed) this.#closing.abort(new Error('the client was closed'));
    await this.#living?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #connect(): Promise<ClientConnection> {
    try {
      const connection = await this.#open(this.#closing.signal);
      if (this.closed) {
        await connection.close();
        throw failBecause('cancelled', {}, this.#closing.signal.reason);
      }
      this.#living = connection;
      return connection;
    } finally {
      this.#current = undefined;
    }
  }
}
