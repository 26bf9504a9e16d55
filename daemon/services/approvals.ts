import { fail } from '../../protocol/fail.js';
import type { BudgetDesk } from '../approvals/budgetDesk.js';
import type { ApprovalDesk } from '../approvals/desk.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { Store } from '../store/store.js';
import { pageOf } from './page.js';
import type { Service } from './parts.js';

/** Lists and answers approvals. */
export function approvalService(parts: {
  readonly store: Store;
  readonly desk: ApprovalDesk;
  readonly budgets: BudgetDesk;
  readonly directory: CloneDirectory;
}): Service<'approval/list' | 'approval/respond'> {
  const { store, desk, budgets, directory } = parts;
  return {
    async 'approval/list'({ who, status = ['pending'], limit = 100, before }) {
      const clones = directory.names(who);
      if (before !== undefined && !store.approvals.get(before))
        throw fail('approvalNotFound', { approval: before });
      const found = store.approvals.list({
        status,
        limit: limit + 1,
        ...(clones && { clones }),
        ...(before !== undefined && { before }),
      });
      const { items, more } = pageOf(found, limit, (approval) => JSON.stringify(approval).length);
      const last = items.at(-1);
      return { approvals: items, ...(last && more && { next: last.id }) };
    },

    async 'approval/respond'({ approval, decision, message, answers }, { environment }) {
      const about = store.approvals.get(approval);
      const response = { decision, message, answers };
      const resolved = budgets.respond(approval, response) ?? desk.respond(approval, response);
      // Whoever answers addresses the clone as well, and may bring what a restart took from it.
      directory.get(about?.clone ?? '')?.supply(environment);
      return resolved;
    },
  };
}
