import type { KhloneError } from '../../protocol/error.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { Connection } from './connection.js';

/** Variables of the client's environment, by name. */
export type Environment = Readonly<Record<string, string>>;

/** What a handler knows of the call beside its params. */
export interface CallContext {
  readonly connection: Connection;
  /** Aborts when the client cancels, leaves, or the daemon stops; the reason is the error to throw. */
  readonly signal: AbortSignal;
  /** The client's environment as it was told at initialize; empty before. */
  readonly environment: Environment;
  /**
   * Runs something once the answer is on its way, so that nothing overtakes it; `sent` is false where an error
   * went out in its place.
   */
  afterAnswer(run: (sent: boolean) => void): void;
}

/** One call in flight. Its signal is made when first asked for: most calls never look at it. */
export class Call implements CallContext {
  readonly connection: Connection;
  #controller: AbortController | undefined;
  #ending: KhloneError | undefined;
  #after: ((sent: boolean) => void)[] | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get environment(): Environment {
    return this.connection.environment;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ending !== undefined) this.#controller.abort(this.#ending);
    }
    return this.#controller.signal;
  }

  /** Why the call was told to end, if it was. */
  get ending(): KhloneError | undefined {
    return this.#ending;
  }

  afterAnswer(run: (sent: boolean) => void): void {
    (this.#after ??= []).push(run);
  }

  /** Runs what was to wait for the answer; called once. */
  answered(sent: boolean): void {
    for (const run of this.#after ?? []) {
      try {
        run(sent);
      } catch (error) {
        onUnexpectedError(error);
      }
    }
  }

  /** Tells the handler to end; the first reason stays. */
  end(reason: KhloneError): void {
    if (this.#ending !== undefined) return;
    this.#ending = reason;
    this.#controller?.abort(reason);
  }
}
