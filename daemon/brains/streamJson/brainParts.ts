import { onUnexpectedError } from '../../lifecycle.js';
import type { SandboxKind } from '../../sandbox/contract.js';
import type { BrainSpec, ModelUsage, NotePoint, TurnOutcome } from '../contract.js';
import type { Opening } from './args.js';
import type { Deadlines } from './deadlines.js';
import type { Json } from './json.js';
import type { ProcessSink, StreamProcess } from './process.js';
import type { BrainIdentity } from './verdict.js';

export type { TurnOutcome };

/** What a brain is made of. */
export interface BrainParts {
  readonly identity: BrainIdentity;
  readonly spec: BrainSpec;
  readonly deadlines: Deadlines;
  /** Starts a process on the conversation. */
  readonly open: (opening: Opening, sink: ProcessSink) => Promise<StreamProcess>;
  /** What stands around the process that was opened last. */
  readonly sandbox: () => SandboxKind | undefined;
}

/** The turn that a brain is on. */
export interface BrainTurn {
  readonly say: string;
  readonly note: NotePoint;
  accepted: boolean;
  usage: readonly ModelUsage[];
  result: Json | undefined;
  /** How it ends once the process is gone, where that is settled before. */
  settled: TurnOutcome | undefined;
}

/** A turn of which nothing has come yet. */
export const newTurn: Omit<BrainTurn, 'say' | 'note'> = {
  accepted: false,
  usage: [],
  result: undefined,
  settled: undefined,
};

/** Notes that no later daemon can go on with a turn. */
export function forget({ note }: BrainTurn): void {
  try {
    note(undefined);
  } catch (error) {
    onUnexpectedError(error);
  }
}
