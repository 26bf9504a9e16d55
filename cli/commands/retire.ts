import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { oneLine } from '../render/sanitize.js';

/** `khlone retire <clone>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<clone>', 'its tasks are cancelled and its process ends; its history stays');
  withExamples(command, ['khlone retire mechanic.1']);
  command.action(
    bind(async (context, { args: [who = ''] }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const clone = await khlone.clone.retire({ who });
      if (out.json) out.object(clone);
      else out.write(`${oneLine(clone.name)} is retired.\n`);
      return 'done';
    }),
  );
}
