import type { ApprovalDesk } from '../approvals/desk.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { Store } from '../store/store.js';
import type { Service } from './parts.js';

/** Lists and answers approvals. */
export function approvalService(parts: {
  readonly store: Store;
  readonly desk: ApprovalDesk;
  readonly directory: CloneDirectory;
}): Service<'approval/list' | 'approval/respond'> {
  const { store, desk, directory } = parts;
  return {
    async 'approval/list'({ who, status = ['pending'], limit = 100 }) {
      const clones = directory.names(who);
      return { approvals: store.approvals.list({ status, limit, ...(clones && { clones }) }) };
    },

    async 'approval/respond'({ approval, decision, message, answers }) {
      return desk.respond(approval, { decision, message, answers });
    },
  };
}
