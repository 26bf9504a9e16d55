import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';

interface Options {
  readonly wait?: true;
}

/** `khlone retry <task>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<task>', 'the id of one that failed, was cancelled, was interrupted or is parked')
    .option('-w, --wait', 'stay and stream it, as `khlone act` does');
  withExamples(command, ['khlone retry t_01k9example00task --wait']);
  command.action(
    bind<Options>(async (context, { args: [id = ''], options }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      if (options.wait === true) {
        const { followTask } = await import('../follow.js');
        return await followTask({ context, khlone, begin: () => khlone.task.retry({ task: id }) });
      }
      const task = await khlone.task.retry({ task: id });
      if (out.json) out.object(task);
      else out.write(`${task.id} ${task.status}\n`);
      return 'done';
    }),
  );
}
