import type { Command } from 'commander';
import type { Khlone } from '../../client/index.js';
import type { Context } from '../context.js';
import { gather, withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { usageError } from '../failure.js';
import { parseFrom, type From } from '../input.js';
import { look } from '../look.js';
import { everyApproval } from '../pages.js';
import { tellsRiding } from '../render/riding.js';
import { renderGap } from '../render/gap.js';
import { Transcript, type ApprovalRequested } from '../render/transcript.js';

interface Options {
  readonly from?: From;
  readonly type?: string[];
  readonly terminal?: true;
}

/** `khlone watch [who]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[who]', 'a clone, a role or a label; all by default')
    .option('--from <place>', 'start, tail (the default) or epoch:seq, to go on after that event', parseFrom)
    .option('--type <type>', 'only events of this type, such as task.finished; repeat it', gather)
    .option('--terminal', 'show its terminal as it is instead, in a window of any size');
  command.addHelpText(
    'after',
    '\nWith --json each event is one line; its `cursor` is what --from takes, as epoch:seq.\nCtrl-C ends it.\n' +
      'With --terminal q, Ctrl-C or the prefix key of `khlone talk` and d end it; nothing is typed.',
  );
  withExamples(command, [
    'khlone watch',
    'khlone watch mechanic.1 --from start',
    'khlone watch --json --type task.finished',
    'khlone watch mechanic.1 --terminal',
  ]);
  command.action(
    bind<Options>(async (context, { args: [who], options: { from = 'tail', type, terminal } }) => {
      const { out } = context;
      if (terminal === true) return watchTerminal(context, who);
      // Before the first screen of a long history is drawn, so that Ctrl-C is never lost.
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      return look(context, {
        who,
        stays: true,
        async work(khlone) {
          const { style, columns } = out.results;
          const explains = from === 'tail' || out.json ? () => true : await undecided(khlone);
          const transcript = new Transcript({ style, columns, mode: 'shared', explains });
          const events = khlone.events({
            signal: stop.signal,
            from,
            ...(who !== undefined && { who }),
            ...(type !== undefined && { types: type }),
            onGap: (gap) => out.note(renderGap(gap)),
            ...tellsRiding({ note: (text) => out.note(text) }),
          });
          for await (const event of events) {
            if (out.json) out.line(event);
            else out.write(transcript.add(event));
          }
          return 'done';
        },
      });
    }),
  );
}

async function watchTerminal(context: Context, who: string | undefined): Promise<Ending> {
  const { stdout, env, out } = context;
  if (who === undefined)
    throw usageError('--terminal shows one clone', 'Name it: khlone watch <who> --terminal');
  if (!stdout.isTTY || out.json) {
    throw usageError(
      '--terminal needs a terminal to draw on',
      `Without one use khlone screen ${who}, or khlone record ${who} -`,
    );
  }
  const { mirror } = await import('../terminal/mirror.js');
  const { choosePrefix } = await import('../terminal/prefix.js');
  return mirror(context, { who, prefix: choosePrefix(undefined, env) });
}

/** Tells approvals that wait from those of the past, which nobody can answer any more. */
async function undecided(khlone: Khlone): Promise<(request: ApprovalRequested) => boolean> {
  const { cursor: now } = khlone.session;
  const waiting = new Set<string>();
  for await (const { id } of everyApproval(khlone, {})) waiting.add(id);
  return ({ cursor, approval }) => cursor.seq > now.seq || waiting.has(approval);
}
