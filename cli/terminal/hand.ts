import { setTimeout as wait } from 'node:timers/promises';
import { isKhloneError, type Khlone } from '../../client/index.js';
import type { Context } from '../context.js';
import type { Ending } from '../exit.js';
import { attachOrWait } from './attach.js';
import { bidFarewell } from './farewell.js';
import type { PrefixKey } from './prefix.js';
import { EndSignals } from './signals.js';
import { Talker, type TalkEnd } from './talker.js';
import { UserTerminal } from './userTerminal.js';

/** Whom to talk to, and how. */
export interface HandRequest {
  readonly context: Context;
  readonly who: string;
  readonly takeover: boolean;
  readonly now: boolean;
  readonly prefix: PrefixKey;
}

/** How long a process that stops itself takes to notice; it is not running meanwhile. */
const stopMs = 100;

/** Talks at a terminal until the user leaves or the stream ends, suspended any number of times in between. */
export async function talkByHand(khlone: Khlone, request: HandRequest): Promise<Ending> {
  const { out } = request.context;
  using signals = new EndSignals();
  let { who, takeover, now } = request;
  for (;;) {
    const stay = await stayOnce(khlone, { ...request, who, takeover, now, signals });
    if (stay === undefined) return await signals.finish(out);
    const { end, clone, outcome } = stay;
    if (end === 'suspended') {
      who = clone;
      // Said for whom and what was there then.
      [takeover, now] = [false, false];
      await suspend();
      continue;
    }
    if (outcome.reason === 'failed') throw outcome.error;
    const { text, ending } = bidFarewell(clone, end === 'detached' ? { reason: 'detached' } : outcome);
    if (out.json) out.object({ clone, ...outcome });
    else out.write(`${text}\n`);
    return signals.received === undefined ? ending : await signals.finish(out);
  }
}

interface Stay {
  readonly end: TalkEnd;
  readonly clone: string;
  readonly outcome: Awaited<Awaited<ReturnType<typeof attachOrWait>>['ended']>;
}

interface StayRequest extends HandRequest {
  readonly signals: EndSignals;
}

/** Undefined where a signal came before there was anything to see. */
async function stayOnce(khlone: Khlone, request: StayRequest): Promise<Stay | undefined> {
  const { context, who, takeover, now, prefix, signals } = request;
  const { stdin, stdout, out } = context;
  const ends = { stdin, stdout };
  const { size } = new UserTerminal(ends, { typed() {}, changed() {}, closed() {} });
  try {
    await using stream = await attachOrWait(khlone, {
      params: { who, mode: 'talk', ...size, ...(takeover && { takeover }), ...(now && { now }) },
      out,
      signal: signals.signal,
    });
    const { brain } = await khlone.clone.get({ who: stream.clone });
    const talker = new Talker({
      stream,
      ends,
      prefix,
      exitLine: brain === 'command',
      signal: signals.signal,
    });
    const end = await talker.run();
    return { end, clone: stream.clone, outcome: await stream.ended };
  } catch (error) {
    if (signals.received !== undefined && isKhloneError(error, 'cancelled')) return undefined;
    throw error;
  }
}

/** Stops this process as the shell's Ctrl-Z does, and comes back when it goes on. */
async function suspend(): Promise<void> {
  // The whole job, as the shell started it: other processes of a pipeline, a wrapper.
  process.kill(0, 'SIGTSTP');
  // A job whose shell is gone does not stop, and there would be no sign of going on to wait for.
  await wait(stopMs);
}
