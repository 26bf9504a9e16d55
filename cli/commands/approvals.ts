import type { Command } from 'commander';
import type { Approval, ApprovalListParams, ApprovalStatus, Khlone } from '../../client/index.js';
import { fail } from '../../protocol/fail.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { look } from '../look.js';
import type { Output } from '../output.js';
import { everyApproval } from '../pages.js';
import { renderAnswer } from '../render/answer.js';
import { renderApprovalFull, renderApprovals } from '../render/approval.js';

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
    bind<Options>((context, { args: [id], options: { all, who } }) => {
      const filter: ApprovalListParams = {
        ...((all === true || id !== undefined) && { status: everyStatus, limit: most }),
        ...(who !== undefined && { who }),
      };
      return look(context, {
        empty: () => ({ approvals: [] }),
        who,
        notFound: id === undefined ? undefined : fail('approvalNotFound', { approval: id }),
        work: (khlone) =>
          id === undefined
            ? list(khlone, filter, context.out)
            : show(everyApproval(khlone, filter), id, context.out),
      });
    }),
  );
}

async function list(khlone: Khlone, filter: ApprovalListParams, out: Output): Promise<Ending> {
  const { approvals } = await khlone.approval.list(filter);
  if (out.json) {
    out.object({ approvals });
    return 'done';
  }
  const { style, columns } = out.results;
  out.write(renderApprovals(approvals, { style, columns, now: Date.now() }));
  const first = approvals.find(({ status }) => status === 'pending');
  if (first !== undefined) out.note(renderAnswer(first, { columns: out.notes.columns }));
  return 'done';
}

async function show(approvals: AsyncIterable<Approval>, id: string, out: Output): Promise<Ending> {
  const approval = await find(approvals, id);
  if (approval === undefined) throw fail('approvalNotFound', { approval: id });
  if (out.json) {
    out.object(approval);
    return 'done';
  }
  out.write(renderApprovalFull(approval, out.results.style));
  if (approval.status === 'pending') out.note(renderAnswer(approval, { columns: out.notes.columns }));
  return 'done';
}

async function find(approvals: AsyncIterable<Approval>, id: string): Promise<Approval | undefined> {
  for await (const approval of approvals) if (approval.id === id) return approval;
  return undefined;
}
