import type { Opening } from './args.js';
import type { StreamProcess } from './process.js';

/** What another process may be started for in the place of one that ended. */
export interface Mend {
  readonly fault: string;
  /** How that one opens the conversation. */
  readonly opening: Opening;
}

/** Whether another process can do what one that ended could not: before a turn was taken up, nothing is done twice. */
export function mendOf(
  process: StreamProcess,
  { opening, turn }: { readonly opening: Opening; readonly turn: boolean },
): Mend | undefined {
  const refusal = process.turns === 0 && !process.ready ? process.refusal() : undefined;
  if (refusal === 'unknown' && opening === 'resume') {
    const fault = 'the brain does not know the conversation; it begins anew';
    return { fault, opening: 'new' };
  }
  if (refusal === 'taken' && opening === 'new')
    return { fault: 'the brain knows the conversation already; it goes on with it', opening: 'resume' };
  if (refusal === 'unconfined')
    return { fault: 'the machine changed while a sandbox was made for the brain; making another', opening };
  if (turn && process.turns > 0)
    return { fault: 'the process ended while it was at rest; starting the brain again', opening };
  return undefined;
}
