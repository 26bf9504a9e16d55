import { setTimeout as wait } from 'node:timers/promises';
import { isKhloneError, type Khlone, type Stream } from '../../client/index.js';
import type { Context } from '../context.js';
import type { Ending } from '../exit.js';
import { usageError } from '../failure.js';
import { sanitize } from '../render/sanitize.js';
import { attachOrWait } from './attach.js';
import { bidFarewell } from './farewell.js';
import { Quiet } from './quiet.js';
import { EndSignals } from './signals.js';
import { show, Vt } from './vt.js';

/** Whom to talk to from a script, and how. */
export interface ScriptRequest {
  readonly context: Context;
  readonly who: string;
  readonly takeover: boolean;
  readonly now: boolean;
  /** The program is done once it has printed nothing for so long. */
  readonly quietMs: number;
}

/**
 * Longest wait for a line's echo before its Enter: programs that redraw what is typed take an Enter that comes in the
 * same piece for a part of a paste.
 */
const echoMs = 50;

/** Quiet after which a program that has just been started counts as ready. */
const startMs = 1000;

/** Types what stdin has, waits until the program is done with it, and prints what the screen gained. */
export async function talkByScript(khlone: Khlone, request: ScriptRequest): Promise<Ending> {
  const { context, who, takeover, now, quietMs } = request;
  const { out, stdin } = context;
  using signals = new EndSignals();
  const { signal } = signals;
  const input = await begun(stdin, signal);
  if (input === undefined) return await signals.finish(out);
  await using stream = await attachOrWait(khlone, {
    params: { who, mode: 'talk', queries: 'daemon', ...(takeover && { takeover }), ...(now && { now }) },
    out,
    signal,
  });
  using vt = await Vt.open({ cols: stream.cols, rows: stream.rows });
  const quiet = new Quiet();
  const fresh = stream.offset === 0;
  // The screen as it is comes first: what is gained is gained from there.
  const { value: first } = await stream.next();
  if (first !== undefined) await show(first, vt);
  const reading = follow(stream, vt, quiet);
  const over = stream.ended.then(() => quiet.end());
  // A program that has just been started may throw away what is typed before it is ready.
  if (fresh) await quiet.for(Math.min(quietMs, startMs));
  const place = vt.place();
  await type(untilOver(input, stream), stream, quiet).catch(unlessEnded);
  await quiet.for(quietMs);
  // The last words may have come with the end and not be drawn yet.
  if (quiet.ended) await reading;
  const gained = vt.since(place);
  await stream.detach();
  await Promise.all([reading, over]);
  if (signals.received !== undefined) return await signals.finish(out);
  const outcome = await stream.ended;
  if (outcome.reason === 'failed') throw outcome.error;
  const { text, ending } = bidFarewell(stream.clone, outcome);
  if (out.json) out.object({ clone: stream.clone, text: gained, ...outcome });
  else {
    if (gained !== '') out.write(`${sanitize(gained)}\n`);
    if (outcome.reason !== 'detached') out.note(`${text}\n`);
  }
  return ending;
}

async function follow(stream: Stream<Buffer>, vt: Vt, quiet: Quiet): Promise<void> {
  for await (const piece of stream) {
    await show(piece, vt);
    if (piece.type === 'data') quiet.mark();
  }
}

/** Types a line at a time, as it comes; what is behind the last line end is typed without Enter. */
async function type(input: AsyncIterable<Buffer>, stream: Stream<Buffer>, quiet: Quiet): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of input) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.subarray(0, rest[end - 1] === 0x0d ? end - 1 : end);
      rest = rest.subarray(end + 1);
      if (line.length > 0) {
        const echoed = quiet.next();
        await stream.write(line);
        await Promise.race([echoed, wait(echoMs)]);
      }
      await stream.write('\r');
    }
  }
  if (rest.length > 0) await stream.write(rest);
  quiet.mark();
}

/**
 * What comes from a pipe, once there is any of it; undefined on abort. A terminal is not opened for nothing.
 * @throws invalidParams where it is empty
 */
async function begun(pipe: NodeJS.ReadableStream, signal: AbortSignal): Promise<Input | undefined> {
  const chunks = pipe[Symbol.asyncIterator]();
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const first = await Promise.race([chunks.next(), stopped]);
  if (first === undefined) return undefined;
  if (first.done === true) {
    throw usageError(
      'there is nothing to type: the input is empty',
      'Give the input by a pipe, or run it in a terminal; khlone screen shows what is there.',
    );
  }
  return { first: Buffer.from(first.value), chunks };
}

/** What a pipe has given first, and what it gives then. */
interface Input {
  readonly first: Buffer;
  readonly chunks: AsyncIterator<string | Buffer>;
}

/** All of it, as long as there is somebody to type it to: the pipe itself may stay open for ever. */
async function* untilOver({ first, chunks }: Input, stream: Stream<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  const over = stream.ended.then(() => undefined);
  for (;;) {
    const next = await Promise.race([chunks.next(), over]);
    if (next === undefined || next.done === true) return;
    yield Buffer.from(next.value);
  }
}

/** How the stream ended is told in its own words; what was still to be typed has nowhere to go. */
function unlessEnded(error: unknown): void {
  if (!isKhloneError(error, 'streamEnded')) throw error;
}
