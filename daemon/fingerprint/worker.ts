import { parentPort, workerData } from 'node:worker_threads';
import { KeptPrints } from './kept.js';
import type { FromThread, Keep, PrintAnswers, PrintRequest, ThreadData, ToThread } from './messages.js';
import { Prints } from './prints.js';
import { type Scout, threadScout } from './scout.js';

/** The thread that looks at a zone, so that the daemon does not wait for its disk. */
if (!parentPort) throw new Error('this is the program of a thread');
const port = parentPort;
const data = workerData as ThreadData;
/** Below so many entries a look is over before a second thread would be of help. */
const scoutedFrom = 5_000;

const make = (): Scout => threadScout(new URL('./scoutWorker.js', import.meta.url));
const prints = new Prints({ ...data, scout: { from: scoutedFrom, make } });
const kept = data.kept === undefined ? undefined : new KeptPrints(data.kept);

/** Contents are read in pieces of this many ms, with as long a pause after each: an ask comes first. */
const sliceMs = 5;

/** Larger zones are not kept, in entries: each print would be some 30 MB. */
const mostKept = 300_000;

/** A print that is held: whose mark it is, and under which key it is kept. */
interface HeldPrint {
  readonly prints: Prints;
  readonly mark: number;
  readonly key: string | undefined;
}

const held = new Map<number, HeldPrint>();
let last = 0;
let hashing = false;

function readOn(): void {
  hashing = prints.hashSome(Date.now() + sliceMs);
  if (hashing) setTimeout(readOn, sliceMs);
}

function hold(print: HeldPrint): number {
  held.set(++last, print);
  return last;
}

function find(number: number): HeldPrint {
  const print = held.get(number);
  if (!print) throw new Error(`there is no print ${number}`);
  return print;
}

function take(keep: Keep | undefined): PrintAnswers['take'] {
  const { mark, partial } = prints.take();
  if (!hashing) setTimeout(readOn, sliceMs);
  hashing = true;
  return { mark: hold({ prints, mark, key: keep?.key }), partial };
}

/** Whoever asked has the answer already; no later look is answered before. */
function keepTaken(keep: Keep): void {
  if (!kept || prints.size > mostKept) return;
  const { mark } = find(last);
  kept.keep(keep, prints.version, () => prints.stored(mark));
}

function resume(key: string): PrintAnswers['resume'] {
  if (!kept) throw new Error('no prints are kept');
  const { since, print } = kept.read(key);
  return { mark: hold({ prints: new Prints(data, print), mark: 0, key }), partial: print.partial, since };
}

function release(number: number): void {
  const print = held.get(number);
  held.delete(number);
  print?.prints.release(print.mark);
  if (print?.key !== undefined) kept?.drop(print.key);
}

function answer(request: PrintRequest): PrintAnswers[PrintRequest['type']] {
  switch (request.type) {
    case 'take':
      return take(request.keep);
    case 'resume':
      return resume(request.key);
    case 'compare': {
      const { prints: whole, mark } = find(request.mark);
      return whole.compare(mark);
    }
    case 'diff': {
      const { prints: whole, mark } = find(request.mark);
      return whole.diff(mark, request.paths);
    }
    case 'release':
      release(request.mark);
      return null;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const tell = (message: FromThread): void => port.postMessage(message);

port.on('message', ({ id, request }: ToThread) => {
  try {
    tell({ id, answer: answer(request) });
  } catch (error) {
    return tell({ id, failed: wordsOf(error) });
  }
  if (request.type !== 'take' || !request.keep) return;
  try {
    keepTaken(request.keep);
  } catch (error) {
    tell({ fault: `a print could not be kept: ${wordsOf(error)}` });
  }
});
