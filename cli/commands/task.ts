import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderTask } from '../render/task.js';

/** `khlone task <task>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<task>', 'its id, such as t_01k9…');
  withExamples(command, ['khlone task t_01k9example00task']);
  command.action(
    bind(async (context, { args: [id = ''] }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const task = await khlone.task.get({ task: id });
      if (out.json) out.object(task);
      else out.write(renderTask(task, { style: out.results.style, now: Date.now() }));
      return 'done';
    }),
  );
}
