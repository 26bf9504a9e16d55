import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { parseFrom, type From } from '../input.js';
import { gather, withExamples, type Bind } from '../declare.js';
import { Transcript } from '../render/transcript.js';

interface Options {
  readonly from?: From;
  readonly type?: string[];
}

/** `khlone watch [who]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[who]', 'a clone, a role or a label; all by default')
    .option('--from <place>', 'start, tail (the default) or epoch:seq, to go on after that event', parseFrom)
    .option('--type <type>', 'only events of this type, such as task.finished; repeat it', gather);
  command.addHelpText(
    'after',
    '\nWith --json each event is one line; its `cursor` is what --from takes, as epoch:seq.\nCtrl-C ends it.',
  );
  withExamples(command, [
    'khlone watch',
    'khlone watch mechanic.1 --from start',
    'khlone watch --json --type task.finished',
  ]);
  command.action(
    bind<Options>(async (context, { args: [who], options: { from, type } }) => {
      const { out } = context;
      // Before the first screen of a long history is drawn, so that Ctrl-C is never lost.
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      await using khlone = await connectTo(context, { stays: true });
      const { style, columns } = out.results;
      const transcript = new Transcript({ style, columns, mode: 'shared', explainApprovals: true });
      const events = khlone.events({
        signal: stop.signal,
        from: from ?? 'tail',
        ...(who !== undefined && { who }),
        ...(type !== undefined && { types: type }),
        onGap: ({ to }) => out.note(`  The history before ${to.epoch}:${to.seq} is no longer kept.\n`),
      });
      for await (const event of events) {
        if (out.json) out.line(event);
        else out.write(transcript.add(event));
      }
      return 'done';
    }),
  );
}
