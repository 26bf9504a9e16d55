import type { CallContext } from '../rpc/call.js';
import type { Handlers } from '../rpc/generated/handlers.js';

/** Calls that tell of the clones' processes, end them, or choose by them. */
const ofProcesses = [
  'daemon/status',
  'clone/list',
  'clone/get',
  'clone/update',
  'clone/act',
  'clone/ask',
  'clone/interrupt',
  'clone/hibernate',
  'clone/retire',
  'task/cancel',
  'task/retry',
  'approval/respond',
  'stream/attach',
  'stream/screen',
  'stream/history',
] as const satisfies readonly (keyof Handlers<CallContext>)[];

type Handler = (params: unknown, context: CallContext) => Promise<unknown>;

/**
 * Has those of the handlers that depend on it wait until the processes that an earlier daemon left are back with
 * their clones: before that, a clone would seem to have none.
 */
export function afterFound<H extends object>(handlers: H, found: () => Promise<void>): H {
  const waiting = { ...handlers } as Record<string, Handler>;
  for (const name of ofProcesses) {
    const handler = waiting[name];
    if (!handler) continue;
    waiting[name] = async (params, context) => {
      await found();
      return handler(params, context);
    };
  }
  return waiting as H;
}
