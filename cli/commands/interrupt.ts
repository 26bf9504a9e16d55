import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderClone } from '../render/clone.js';

/** `khlone interrupt <clone>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<clone>', 'its turn ends, its conversation stays; a clone parked as failed tries again');
  withExamples(command, ['khlone interrupt mechanic.1']);
  command.action(
    bind(async (context, { args: [who = ''] }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.interrupt({ who });
      if (out.json) out.object(clone);
      else out.write(renderClone(clone, out.results.style));
      return 'done';
    }),
  );
}
