import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, PrintAnswers, PrintRequest, ThreadData, ToThread } from './messages.js';
import { Prints } from './prints.js';

/** The thread that looks at a zone, so that the daemon does not wait for its disk. */
if (!parentPort) throw new Error('this is the program of a thread');
const port = parentPort;
const prints = new Prints(workerData as ThreadData);

/** Contents are read in pieces of this many ms, with as long a pause after each: an ask comes first. */
const sliceMs = 5;

let hashing = false;

function readOn(): void {
  hashing = prints.hashSome(Date.now() + sliceMs);
  if (hashing) setTimeout(readOn, sliceMs);
}

function answer(request: PrintRequest): PrintAnswers[PrintRequest['type']] {
  switch (request.type) {
    case 'take': {
      const taken = prints.take();
      if (!hashing) setTimeout(readOn, sliceMs);
      hashing = true;
      return taken;
    }
    case 'compare':
      return prints.compare(request.mark);
    case 'diff':
      return prints.diff(request.mark, request.paths);
    case 'release':
      prints.release(request.mark);
      return null;
  }
}

port.on('message', ({ id, request }: ToThread) => {
  let reply: FromThread;
  try {
    reply = { id, answer: answer(request) };
  } catch (error) {
    reply = { id, failed: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(reply);
});
