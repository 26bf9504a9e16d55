import type { Command } from 'commander';
import type { ApprovalStatus } from '../../client/index.js';
import { fail } from '../../protocol/fail.js';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { renderApprovalFull, renderApprovalHelp, renderApprovals } from '../render/approval.js';

interface Options {
  readonly all?: true;
  readonly who?: string;
}

const everyStatus: ApprovalStatus[] = ['pending', 'allowed', 'denied', 'expired', 'withdrawn'];

/** Most approvals one call gives; an older one is out of reach. */
const most = 500;

/** `khlone approvals [approval]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[approval]', 'show this one in full')
    .option('--who <who>', 'only those of a clone, a role or a label')
    .option('--all', 'those already decided too');
  withExamples(command, ['khlone approvals', 'khlone approvals a_01k9example0appr']);
  command.action(
    bind<Options>(async (context, { args: [id], options }) => {
      const { out } = context;
      const { all, who } = options;
      await using khlone = await connectTo(context);
      const { approvals } = await khlone.approval.list({
        ...((all === true || id !== undefined) && { status: everyStatus, limit: most }),
        ...(who !== undefined && { who }),
      });
      const { style, columns } = out.results;
      if (id === undefined) {
        if (out.json) out.object({ approvals });
        else {
          out.write(renderApprovals(approvals, { style, columns, now: Date.now() }));
          const [first] = approvals.filter(({ status }) => status === 'pending');
          if (first !== undefined) out.note(`  next: ${renderApprovalHelp(first)}\n`);
        }
        return 'done';
      }
      const one = approvals.find((approval) => approval.id === id);
      if (one === undefined) throw fail('approvalNotFound', { approval: id });
      if (out.json) out.object(one);
      else out.write(renderApprovalFull(one, style));
      return 'done';
    }),
  );
}
