import type { Command } from 'commander';
import type { Approval, ApprovalListParams, ApprovalStatus } from '../../client/index.js';
import { fail } from '../../protocol/fail.js';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { everyApproval } from '../pages.js';
import { renderApprovalFull, renderApprovalHelp, renderApprovals } from '../render/approval.js';

interface Options {
  readonly all?: true;
  readonly who?: string;
}

const everyStatus: ApprovalStatus[] = ['pending', 'allowed', 'denied', 'expired', 'withdrawn'];

/** Most approvals one call gives. */
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
      const filter: ApprovalListParams = {
        ...((all === true || id !== undefined) && { status: everyStatus, limit: most }),
        ...(who !== undefined && { who }),
      };
      const { style, columns } = out.results;
      if (id === undefined) {
        const { approvals } = await khlone.approval.list(filter);
        if (out.json) out.object({ approvals });
        else {
          out.write(renderApprovals(approvals, { style, columns, now: Date.now() }));
          const [first] = approvals.filter(({ status }) => status === 'pending');
          if (first !== undefined) out.note(`  next: ${renderApprovalHelp(first)}\n`);
        }
        return 'done';
      }
      const one = await find(everyApproval(khlone, filter), id);
      if (one === undefined) throw fail('approvalNotFound', { approval: id });
      if (out.json) out.object(one);
      else out.write(renderApprovalFull(one, style));
      return 'done';
    }),
  );
}

async function find(approvals: AsyncIterable<Approval>, id: string): Promise<Approval | undefined> {
  for await (const approval of approvals) if (approval.id === id) return approval;
  return undefined;
}
