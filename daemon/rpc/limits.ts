import { defaultMaxDepth } from '../../protocol/wire/body.js';
import { defaultFrameLimits, type FrameLimits } from '../../protocol/wire/frames.js';
import { defaultReadBudget, type ReadBudget } from '../../protocol/wire/reader.js';
import { defaultWriterLimits, type WriterLimits } from '../../protocol/wire/writer.js';

/** What one client may do before it is refused, slowed or let go. */
export interface RpcLimits {
  readonly frames: FrameLimits;
  readonly outbound: WriterLimits;
  readonly budget: ReadBudget;
  /** Deepest nesting of a message. */
  readonly depth: number;
  /** Requests without an answer at one time. */
  readonly inFlight: number;
  /** Longest id or method name, in characters. */
  readonly nameLength: number;
  /** From connecting to a successful initialize, in ms. */
  readonly helloMs: number;
  /** From the last message to a client that is let go to the end of its socket, in ms. */
  readonly partingMs: number;
}

/** The limits of a daemon; tests narrow them. */
export const defaultRpcLimits: RpcLimits = {
  frames: defaultFrameLimits,
  outbound: defaultWriterLimits,
  budget: defaultReadBudget,
  depth: defaultMaxDepth,
  inFlight: 256,
  nameLength: 256,
  helloMs: 10_000,
  partingMs: 1_000,
};
