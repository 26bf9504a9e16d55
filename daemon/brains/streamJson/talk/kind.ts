import type { BrainEnvironment, BrainSpec } from '../../contract.js';

/** How a brain that speaks stream-json is talked to in its own terminal. */
export interface TalkKind {
  /** Arguments before the conversation's. */
  readonly args: readonly string[];
  /** Variables it needs there beside those it always does. */
  readonly env: BrainEnvironment;
  /** What a human presses to end a turn. */
  readonly interrupt: string;
  /** Whether a conversation has begun, as far as its files tell. */
  exists(spec: BrainSpec): boolean;
  /** The file with what was said, a JSON line each; undefined as long as there is none. */
  transcript(spec: BrainSpec): string | undefined;
}
