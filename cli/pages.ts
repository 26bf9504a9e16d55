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

/** The clones that `who` stands for: one by its name, a retired one too, or those in service of a role or a label. */
export async function clonesOf(khlone: Khlone, who: string): Promise<Clone[]> {
  if (/^[a-z][a-z0-9-]*\.\d+$/.test(who)) return [await khlone.clone.get({ who })];
  const [, key, value = ''] = /^label:([^=]+)=(.*)$/s.exec(who) ?? [];
  const clones = await everyClone(khlone);
  return clones.filter(({ role, labels }) => (key === undefined ? role === who : labels[key] === value));
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
