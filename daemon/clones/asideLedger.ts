import type { KhloneError } from '../../protocol/error.js';
import type { Transaction } from '../events/log.js';
import { onUnexpectedError } from '../lifecycle.js';
import type { SandboxKind } from '../sandbox/contract.js';
import type { CloneRecord } from '../store/cloneTable.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { AskingLedger } from './asker.js';
import { cleanError, endByTurn, errorView } from './ends.js';
import type { CloneLedger, LedgerShared } from './ledger.js';
import { isEnd } from './taskMachine.js';
import type { TurnEnd, TurnStop } from './turn.js';

/**
 * What is written down of one aside. Of its clone nothing changes but what it has used: neither its state nor what it
 * was granted.
 */
export class AsideLedger implements AskingLedger {
  readonly #shared: LedgerShared;
  readonly #clone: CloneLedger;
  readonly #id: string;

  constructor(shared: LedgerShared, { clone, task }: { readonly clone: CloneLedger; readonly task: string }) {
    this.#shared = shared;
    this.#clone = clone;
    this.#id = task;
  }

  get record(): CloneRecord {
    return this.#clone.record;
  }

  /** The task as it is on disk. */
  get task(): TaskRecord | undefined {
    return this.#shared.store.tasks.get(this.#id);
  }

  redact<T>(value: T): T {
    return this.#clone.redact(value);
  }

  /** Whether it still waits: it can be cancelled up to its start. */
  stillQueued(): boolean {
    return this.task?.status === 'queued';
  }

  /** Its process takes it. @throws storageFailed */
  start(sandbox: SandboxKind | undefined): void {
    const { log, queue } = this.#shared;
    const { task } = this;
    if (task) log.commit((tx) => queue.start(tx, task, sandbox ?? 'none'));
  }

  waits(waits: boolean): void {
    const waiting = this.task?.status === 'waiting';
    if (waits !== waiting) this.#shared.log.commit((tx) => this.ask(tx, waits ? 'wait' : 'answered'));
  }

  ask(_tx: Transaction, step: 'wait' | 'answered'): void {
    const { task } = this;
    if (task) this.#shared.queue.step(task, step);
  }

  grant(): void {}

  /** Notes that it is to end, for a daemon that comes after a crash. Never throws. */
  noteStop({ step, error: { kind, details } }: TurnStop): void {
    const { store } = this.#shared;
    try {
      store.transact(() => store.turns.stop(this.#id, { step, kind, details }));
    } catch (error) {
      onUnexpectedError(error);
    }
  }

  /** Its turn is over. It waits for no limit of the model: by then the conversation would be another. */
  finish(end: TurnEnd): void {
    const { log, desk, queue } = this.#shared;
    const { task } = this;
    if (!task || isEnd(task.status)) return;
    log.commit((tx) => {
      desk.withdrawAll(tx, task.id);
      if (end.usage.length > 0) this.#clone.addUsage(tx, task.id, end.usage);
      const limits = { ...this.record.limits, onUsageLimit: 'fail' as const };
      queue.end(
        tx,
        task,
        endByTurn(end, (text) => this.redact(text), limits),
      );
    });
  }

  /** No process could be started for it. */
  failToStart(error: KhloneError): void {
    const { log, queue } = this.#shared;
    const { task } = this;
    if (!task || isEnd(task.status)) return;
    const clean = cleanError(errorView(error), (text) => this.redact(text));
    log.commit((tx) => queue.end(tx, task, { step: 'fail', error: clean }));
  }
}
