import type { Approval, ApprovalListParams, Clone, Khlone } from '../client/index.js';

/** Every clone in service, however many pages they fill. */
export async function everyClone(khlone: Khlone): Promise<Clone[]> {
  const clones: Clone[] = [];
  let after: string | undefined;
  do {
    const page = await khlone.clone.list({ ...(after !== undefined && { after }) });
    clones.push(...page.clones);
    after = page.next;
  } while (after !== undefined);
  return clones;
}

/** Every approval that a filter finds, the newest first, page by page as it is asked for. */
export async function* everyApproval(khlone: Khlone, filter: ApprovalListParams): AsyncGenerator<Approval> {
  let before: string | undefined;
  do {
    const page = await khlone.approval.list({ ...filter, ...(before !== undefined && { before }) });
    yield* page.approvals;
    before = page.next;
  } while (before !== undefined);
}
