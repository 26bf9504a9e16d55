/** Options of one call. */
export interface CallOptions {
  /** Aborting sends `$/cancelRequest` and rejects the call at once with kind `cancelled`. */
  readonly signal?: AbortSignal;
}

/** Sends calls and hands back their results: all the generated API knows of the connection. */
export interface Caller {
  /** Rejects with a KhloneError: the daemon's own, `cancelled`, `connectionLost`, or why no daemon was reached. */
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown>;
}
