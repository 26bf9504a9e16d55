import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderResolved } from '../render/approval.js';

interface Options {
  readonly message?: string;
}

/** `khlone deny <approval>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<approval>', 'its id, as `khlone approvals` lists it')
    .option('-m, --message <text>', 'words for the brain: why, or what to do instead');
  withExamples(command, ['khlone deny a_01k9example0appr --message "not in this folder"']);
  command.action(
    bind<Options>(async (context, { args: [id = ''], options: { message } }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const approval = await khlone.approval.respond({
        approval: id,
        decision: 'deny',
        ...(message !== undefined && { message }),
      });
      if (out.json) out.object(approval);
      else out.write(`${renderResolved(approval, out.results.style)}\n`);
      return 'done';
    }),
  );
}
