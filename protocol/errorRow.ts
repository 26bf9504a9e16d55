import type { z } from 'zod';

/** One row of the error registry: everything a client may learn about one kind of failure. */
export interface ErrorRow {
  /** JSON-RPC code: the standard's own, or ours from -32020 downwards, never reused. */
  readonly code: number;
  /** What happened; `{member}` is filled from the details. */
  readonly message: string;
  /** The next step to take; `{member}` is filled from the details. */
  readonly hint: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** Typed details of this kind. */
  readonly details: z.ZodObject<z.ZodRawShape>;
}
