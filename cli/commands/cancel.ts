import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderFinish } from '../render/task.js';

/** `khlone cancel <task>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<task>', 'its id; a queued task never runs, the turn of a running one is ended');
  withExamples(command, ['khlone cancel t_01k9example00task']);
  command.action(
    bind(async (context, { args: [id = ''] }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const task = await khlone.task.cancel({ task: id });
      if (out.json) out.object(task);
      else out.write(`${renderFinish(task, out.results.style)}\n`);
      return 'done';
    }),
  );
}
