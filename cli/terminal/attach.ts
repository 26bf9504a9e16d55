import { isKhloneError, type AttachParams, type Khlone, type Stream } from '../../client/index.js';
import type { Output } from '../output.js';
import { oneLine } from '../render/sanitize.js';

/** How to come to a clone's terminal. */
export interface AttachRequest {
  readonly params: Omit<AttachParams, 'encoding'>;
  readonly out: Output;
  /** Gives up, also while it waits. */
  readonly signal: AbortSignal;
}

/** Attaches, byte for byte. Where a turn has to end first it says so, and waits. @throws KhloneError */
export async function attachOrWait(
  khlone: Khlone,
  { params, out, signal }: AttachRequest,
): Promise<Stream<Buffer>> {
  try {
    return await khlone.stream.attach({ ...params, encoding: 'base64', wait: false }, { signal });
  } catch (error) {
    if (!isKhloneError(error, 'cloneBusy')) throw error;
    const { clone, task } = error.details;
    const name = oneLine(clone);
    out.note(`${name} works on ${oneLine(task)}; waiting for its end.\n`);
    out.note(`  not to wait: Ctrl-C, then khlone talk ${name} --now\n`);
    return khlone.stream.attach({ ...params, encoding: 'base64', wait: true }, { signal });
  }
}
