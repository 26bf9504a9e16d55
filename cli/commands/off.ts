import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderClone } from '../render/clone.js';

interface Options {
  readonly now?: true;
}

/** `khlone off <clone>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<clone>', 'its process ends, in its terminal too; its conversation stays for the next task')
    .option('--now', 'interrupt a running turn instead of waiting for its end');
  withExamples(command, ['khlone off mechanic.1', 'khlone off mechanic.1 --now']);
  command.action(
    bind<Options>(async (context, { args: [who = ''], options: { now } }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.hibernate({ who, ...(now === true && { now }) });
      if (out.json) out.object(clone);
      else out.write(renderClone(clone, out.results.style));
      return 'done';
    }),
  );
}
