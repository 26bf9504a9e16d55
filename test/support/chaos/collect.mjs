// Collects all garbage of a thread. Imported into one that is not the main thread, it does so whenever that says so.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Collects everything, old and new. With options this V8 would collect the new only. */
export const collect = () => void gc();

if (!isMainThread) {
  const channel = new BroadcastChannel('collect');
  channel.addEventListener('message', collect);
  channel.unref();
}
