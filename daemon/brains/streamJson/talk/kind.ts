import type { ProcessIdentity } from '../../../holder/contract.js';
import type { BrainEnvironment, BrainSpec } from '../../contract.js';

/** What names a conversation and where its files are. */
export type Conversation = Pick<BrainSpec, 'conversation' | 'cwd' | 'env'>;

/** How a brain that speaks stream-json is talked to in its own terminal. */
export interface TalkKind {
  /** Arguments before the conversation's. */
  readonly args: readonly string[];
  /** Variables it needs there beside those it always does. */
  readonly env: BrainEnvironment;
  /** What a human presses to end a turn. */
  readonly interrupt: string;
  /** Whether a conversation has begun, as far as its files tell. */
  exists(of: Conversation): boolean;
  /** The file with what was said, a JSON line each; undefined as long as there is none. */
  transcript(of: Conversation): string | undefined;
  /** Which conversation a process is on now, where a human may go to another; undefined where it does not say. */
  current?(of: Conversation, process: ProcessIdentity): string | undefined;
}
