import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderClone } from '../render/clone.js';

/** `khlone restart <clone>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<clone>', 'its process ends, a running turn is interrupted, its failures are forgiven');
  withExamples(command, ['khlone restart mechanic.1']);
  command.action(
    bind(async (context, { args: [who = ''] }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.restart({ who });
      if (out.json) out.object(clone);
      else out.write(renderClone(clone, out.results.style));
      return 'done';
    }),
  );
}
