import { fail } from '../../protocol/fail.js';
import type { Approval, ApprovalStatus } from '../../protocol/shapes/approval.js';
import { errorView } from '../clones/ends.js';
import type { TaskQueue } from '../clones/queue.js';
import type { EventLog, Transaction } from '../events/log.js';
import { newId, now } from '../store/ids.js';
import type { Store } from '../store/store.js';
import { amountText, budgetError, dayOf, type PassedBudget } from '../usage/budget.js';
import type { Response } from './desk.js';

/** What the desk of budgets works with. */
export interface BudgetDeskParts {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
  /** Whether a clone goes on is another question now. */
  readonly answered: (clone: string) => void;
}

/** Most approvals of one clone that are looked through. */
const most = 1000;

/**
 * Asks a human whether a clone may use more than its budget. No brain waits for the answer: a question stays open over
 * restarts, and has no deadline.
 */
export class BudgetDesk {
  readonly #parts: BudgetDeskParts;

  constructor(parts: BudgetDeskParts) {
    this.#parts = parts;
  }

  /** The question of a clone that is open. */
  pending(clone: string): Approval | undefined {
    return this.#parts.store.approvals
      .list({ clones: [clone], status: ['pending'], limit: most })
      .find(({ kind }) => kind === 'budget');
  }

  /** Asks, as part of a transaction, before a task is begun, or goes on. */
  ask(tx: Transaction, about: { clone: string; task: string; budget: PassedBudget }): void {
    const { clone, task, budget } = about;
    const { scope, unit, used, limit } = budget;
    const what = scope === 'task' ? 'for this task' : 'today';
    const approval: Approval = {
      id: newId('a'),
      clone,
      task,
      kind: 'budget',
      budget,
      title: `go on? it has used ${amountText(unit, used)} of ${amountText(unit, limit)} ${what}`,
      status: 'pending',
      requestedAt: now(),
    };
    this.#parts.store.approvals.insert(approval, null);
    tx.append({ type: 'approval.requested', clone, task, approval: approval.id, value: approval });
  }

  /** Takes the question of a clone back, as part of a transaction. */
  withdraw(tx: Transaction, clone: string): void {
    const open = this.pending(clone);
    if (open) this.#close(tx, open, { status: 'withdrawn' });
  }

  /**
   * A client's answer, if that is a question of this desk.
   * @throws approvalResolved, invalidParams, storageFailed
   */
  respond(id: string, response: Response): Approval | undefined {
    const { store, log } = this.#parts;
    const approval = store.approvals.get(id);
    if (approval?.kind !== 'budget' || !approval.budget) return undefined;
    if (approval.status !== 'pending')
      throw fail('approvalResolved', { approval: id, status: approval.status });
    if (Object.keys(response.answers ?? {}).length > 0) {
      const issues = [{ path: 'answers', message: 'only a question takes answers' }];
      throw fail('invalidParams', { summary: 'answers: only a question takes answers', issues });
    }
    const resolved = log.commit((tx) => {
      if (response.decision === 'deny') this.#deny(tx, approval, approval.budget);
      else this.#allow(approval, approval.budget, response.decision);
      const status = response.decision === 'deny' ? 'denied' : 'allowed';
      return this.#close(tx, approval, { status, response });
    });
    this.#parts.answered(approval.clone);
    return resolved;
  }

  #allow({ clone, task }: Approval, budget: PassedBudget | undefined, how: 'allow' | 'allowAlways'): void {
    const { helpings } = this.#parts.store;
    const today = dayOf(new Date()).name;
    const subject = budget?.scope === 'task' ? task : today;
    if (how === 'allowAlways') helpings.lift(clone, subject);
    else helpings.add(clone, subject, today);
  }

  /** A task that has used its share fails; a day's budget is full again tomorrow. */
  #deny(tx: Transaction, { clone, task: id }: Approval, budget: PassedBudget | undefined): void {
    const { store, queue } = this.#parts;
    const task = store.tasks.get(id);
    if (!budget || task?.status !== 'queued') return;
    const error = errorView(budgetError(clone, budget));
    if (budget.scope === 'task') queue.end(tx, task, { step: 'fail', error });
    else queue.postpone(tx, task, { notBefore: dayOf(new Date()).to.getTime(), error });
  }

  #close(
    tx: Transaction,
    approval: Approval,
    { status, response }: { status: ApprovalStatus; response?: Response },
  ): Approval {
    const resolved: Approval = {
      ...approval,
      status,
      ...(response && { decision: response.decision }),
      ...(response?.message !== undefined && { message: response.message }),
      resolvedAt: now(),
    };
    this.#parts.store.approvals.update(resolved);
    const { clone, task, id } = resolved;
    tx.append({ type: 'approval.resolved', clone, task, approval: id, value: resolved });
    return resolved;
  }
}
