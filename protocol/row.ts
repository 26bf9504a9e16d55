import type { z } from 'zod';
import type { ErrorKind } from './errors.js';

/** How far a method may be relied on. */
export type Stability = 'stable' | 'experimental';

/**
 * A call as a test replays it against a running daemon. A string `$<method>.<path>` in the params
 * stands for a member of the result of an earlier call, one of those in `after`.
 */
export interface RequestExample<P, R> {
  /** Methods whose examples run first, in this order, on the same daemon. */
  readonly after?: readonly string[];
  readonly params: P;
  readonly result: R;
}

interface RowBase {
  readonly name: string;
  readonly summary: string;
  /** Wire version it came with. */
  readonly since: number;
  readonly stability: Stability;
  /** The capability that announces it in the answer to initialize. */
  readonly capability: string;
}

/** A call from a client, with an answer. */
export interface RequestRow<
  N extends string,
  P extends z.ZodTypeAny,
  R extends z.ZodTypeAny,
> extends RowBase {
  readonly kind: 'request';
  readonly direction: 'toDaemon';
  readonly name: N;
  readonly params: P;
  readonly result: R;
  /** Kinds it may fail with, beside the common ones. */
  readonly errors: readonly ErrorKind[];
  /** Answered past the library's queue, as a human waits for each key: for calls that cost next to nothing. */
  readonly express?: true;
  readonly example: RequestExample<z.input<P>, z.input<R>>;
}

/** A message from the daemon, with no answer. */
export interface NotificationRow<N extends string, P extends z.ZodTypeAny> extends RowBase {
  readonly kind: 'notification';
  readonly direction: 'toClient';
  readonly name: N;
  readonly params: P;
  readonly example: { readonly after?: readonly string[]; readonly params: z.input<P> };
}

/** Any row of the table. */
export type Row = RequestRow<string, z.ZodTypeAny, z.ZodTypeAny> | NotificationRow<string, z.ZodTypeAny>;

const defaults = { since: 1, stability: 'stable' } as const;

type Given<T> = Omit<T, 'kind' | 'direction' | 'since' | 'stability'> & {
  readonly since?: number;
  readonly stability?: Stability;
};

/** Declares a call. */
export function request<N extends string, P extends z.ZodTypeAny, R extends z.ZodTypeAny>(
  row: Given<RequestRow<N, P, R>>,
): RequestRow<N, P, R> {
  return { ...defaults, ...row, kind: 'request', direction: 'toDaemon' };
}

/** Declares a message from the daemon. */
export function notification<N extends string, P extends z.ZodTypeAny>(
  row: Given<NotificationRow<N, P>>,
): NotificationRow<N, P> {
  return { ...defaults, ...row, kind: 'notification', direction: 'toClient' };
}

/** Kinds that any call may fail with. */
export const commonErrors = [
  'invalidRequest',
  'invalidParams',
  'notInitialized',
  'tooManyRequests',
  'cancelled',
  'shuttingDown',
  'internalError',
] as const satisfies readonly ErrorKind[];
