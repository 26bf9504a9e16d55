import type { Clone, Hold } from '../../protocol/shapes/clone.js';
import type { Usage } from '../../protocol/shapes/usage.js';
import type { ModelUsage } from '../brains/contract.js';
import type { Transaction } from '../events/log.js';
import { addUsage, noUsage, soundUsage } from '../store/usageTable.js';
import type { TaskRecord } from '../store/taskTable.js';
import { amountText, dayOf, passedBudget, type PassedBudget } from '../usage/budget.js';
import { Alarm } from './alarm.js';
import type { CloneLedger, LedgerShared } from './ledger.js';

/** What a clone's pauses are kept with. */
export interface PausesParts {
  readonly shared: LedgerShared;
  readonly ledger: () => CloneLedger;
  /** Whether its process is there, for the state it goes back to. */
  readonly alive: () => boolean;
  /** The time has come. */
  readonly over: () => void;
}

/** Keeps a clone from its next task: until a limit of the model is over, or until a human lets it use more. */
export class Pauses {
  readonly #parts: PausesParts;
  readonly #alarm = new Alarm();
  #hold: Hold | undefined;

  constructor(parts: PausesParts) {
    this.#parts = parts;
  }

  /** The clone with why it begins nothing for now, if so. */
  shown(clone: Clone): Clone {
    return this.#hold ? { ...clone, hold: this.#hold } : clone;
  }

  /**
   * Looks whether the next task is to wait, and brings the clone's state and its question to what is true.
   * @throws storageFailed
   */
  look(): boolean {
    this.#alarm.clear();
    const { store, log, budgets: desk } = this.#parts.shared;
    const ledger = this.#parts.ledger();
    const { name } = ledger.record;
    const now = new Date();
    const next = ledger.next();
    const postponed = next && store.tasks.postponedOf(name, now.getTime());
    const budget = next && !postponed ? this.#passed(next, now) : undefined;
    const open = desk.pending(name);
    const stale =
      open !== undefined && (!budget || open.task !== next?.id || open.budget?.scope !== budget.scope);
    const asks = budget !== undefined && (open === undefined || stale);
    const pausing = postponed !== undefined || budget !== undefined;
    const paused = ledger.state === 'paused';
    if (stale || asks || pausing !== paused) {
      const tell = (tx: Transaction): void => {
        if (stale) desk.withdraw(tx, name);
        if (asks && next) desk.ask(tx, { clone: name, task: next.id, budget });
      };
      if (pausing) ledger.change('pause', tell);
      else if (paused) ledger.change(this.#parts.alive() ? 'rest' : 'stop', tell);
      // A question was left open while somebody talked, or by an earlier daemon.
      else log.commit(tell);
    }
    this.#hold = postponed ? holdOf(postponed) : budget && next && budgetHold(next.id, budget, now);
    if (this.#hold?.until !== undefined)
      this.#alarm.set(Date.parse(this.#hold.until) - now.getTime(), this.#parts.over);
    return pausing;
  }

  /** What it pauses for may be no more. @throws storageFailed */
  review(): void {
    if (this.#parts.ledger().state === 'paused') this.look();
  }

  /** Whether a running task has passed a budget with what its turn has used so far. */
  passedBy(task: TaskRecord, used: readonly ModelUsage[]): PassedBudget | undefined {
    const more = used.map(soundUsage).reduce<Usage>(addUsage, noUsage);
    return this.#passed(task, new Date(), more);
  }

  /** Why nothing that uses the model may run now, if so: a limit, or a day's budget. */
  get standstill(): string | undefined {
    if (this.#hold) return this.#hold.reason;
    const now = new Date();
    const budget = this.#passed({ id: '' }, now);
    return budget && budgetHold('', budget, now).reason;
  }

  /** Lets tasks that wait for a time be tried at once. */
  hasten(): void {
    const { store, log, queue } = this.#parts.shared;
    const waiting = store.tasks
      .queuedOf(this.#parts.ledger().record.name)
      .filter(({ notBefore }) => notBefore !== undefined);
    if (waiting.length === 0) return;
    log.commit((tx) => waiting.forEach((task) => queue.postpone(tx, task, {})));
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#alarm.clear();
    this.#hold = undefined;
  }

  #passed(task: Pick<TaskRecord, 'id'>, now: Date, more: Usage = noUsage): PassedBudget | undefined {
    const { store } = this.#parts.shared;
    const { name, limits } = this.#parts.ledger().record;
    // Without budgets, which is the rule, nothing is added up.
    if (!limits.maxTokens && !limits.maxCostUsd) return undefined;
    const day = dayOf(now);
    const spent = {
      task: addUsage(store.usage.ofTask(task.id) ?? noUsage, more),
      day: addUsage(store.usage.total({ clones: [name], since: day.from.toISOString() }), more),
    };
    const helpings = { task: store.helpings.of(name, task.id), day: store.helpings.of(name, day.name) };
    return passedBudget(limits, spent, helpings);
  }
}

function holdOf({ id, notBefore, error }: TaskRecord): Hold {
  return {
    task: id,
    reason: error?.message ?? 'It waits for a time.',
    ...(notBefore !== undefined && { until: new Date(notBefore).toISOString() }),
  };
}

function budgetHold(task: string, { scope, unit, used, limit }: PassedBudget, now: Date): Hold {
  const what = scope === 'task' ? 'for its next task' : 'today';
  return {
    task,
    reason: `It has used ${amountText(unit, used)} of the ${amountText(unit, limit)} that it may use ${what}.`,
    // A day's budget is full again with the next day.
    ...(scope === 'day' && { until: dayOf(now).to.toISOString() }),
  };
}
