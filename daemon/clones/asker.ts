import type { Asker } from '../approvals/desk.js';
import type { Brain } from '../brains/contract.js';
import type { TurnClock } from './turnClock.js';
import type { CloneLedger } from './ledger.js';

/** What is written down of a task that asks. */
export type AskingLedger = Pick<CloneLedger, 'record' | 'task' | 'redact' | 'waits' | 'ask' | 'grant'>;

/**
 * The turn of a clone's task in hand, as the approval desk needs to know it: the first request that is
 * open makes clone and task wait, the last that is answered lets them go on.
 */
export function askerOf(ledger: AskingLedger, brain: Brain, clock: TurnClock | undefined): Asker {
  const { name, approvals, limits } = ledger.record;
  let open = 0;
  return {
    clone: name,
    task: ledger.task?.id ?? '',
    policy: approvals,
    timeoutMs: limits.approvalTimeoutMs,
    redact: (value) => ledger.redact(value),
    waits: () => {
      open += 1;
      clock?.stand();
    },
    settle: () => ledger.waits(open > 0),
    opened: (tx) => {
      if (open === 0) ledger.ask(tx, 'wait');
      tx.after(() => {
        open += 1;
        clock?.stand();
      });
    },
    resolved: (tx, request, decision) => {
      if (open === 1) ledger.ask(tx, 'answered');
      tx.after(() => {
        open -= 1;
        if (open === 0) clock?.run();
      });
      if (decision === 'allowAlways' && request.kind === 'tool') ledger.grant(tx, request.grants);
    },
    deliver: (request, answer) => brain.respond(request.request, answer),
  };
}
