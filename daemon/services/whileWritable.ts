import { fail } from '../../protocol/fail.js';
import type { CallContext } from '../rpc/call.js';
import type { Handlers } from '../rpc/generated/handlers.js';
import type { Store } from '../store/store.js';

/** Calls that are answered once something has ended and its end is on disk. */
const ofEnds = [
  'task/cancel',
  'clone/interrupt',
  'clone/hibernate',
  'clone/retire',
] as const satisfies readonly (keyof Handlers<CallContext>)[];

type Handler = (params: unknown, context: CallContext) => Promise<unknown>;

/**
 * Has those of the handlers that wait for an end say so where the disk does not take it: the end comes all the same, and
 * is written down once the disk does, but nobody knows when.
 */
export function whileWritable<H extends object>(handlers: H, store: Pick<Store, 'fault' | 'faulted'>): H {
  const bounded = { ...handlers } as Record<string, Handler>;
  for (const name of ofEnds) {
    const handler = bounded[name];
    if (!handler) continue;
    bounded[name] = (params, context) =>
      new Promise((resolve, reject) => {
        const hearing = store.faulted.on((fault) => {
          if (fault) reject(fail('storageFailed', { reason: fault.reason }));
        });
        handler(params, context)
          .finally(() => hearing.dispose())
          .then(resolve, reject);
        const fault = store.fault();
        if (fault) reject(fail('storageFailed', { reason: fault.reason }));
      });
  }
  return bounded as H;
}
