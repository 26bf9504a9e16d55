/** What may go with a call. */
export interface CallOptions {
  /** Withdraws the call: the daemon is told with `$/cancelRequest`, and the call rejects with `cancelled`. */
  readonly signal?: AbortSignal;
}

/** Carries calls to the daemon; rejects with a `KhloneError`. */
export interface Caller {
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown>;
}
