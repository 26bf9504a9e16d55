import { BudgetDesk } from '../../daemon/approvals/budgetDesk.js';
import { ApprovalDesk } from '../../daemon/approvals/desk.js';
import { CloneEnvironment } from '../../daemon/clones/environment.js';
import { CloneDirectory } from '../../daemon/clones/directory.js';
import { Intake } from '../../daemon/clones/intake.js';
import type { LedgerShared } from '../../daemon/clones/ledger.js';
import { TaskQueue } from '../../daemon/clones/queue.js';
import { CloneRunner } from '../../daemon/clones/runner.js';
import type { TalkWish } from '../../daemon/clones/talk.js';
import type { TurnStop } from '../../daemon/clones/turn.js';
import { Vault } from '../../daemon/environment/vault.js';
import type { CloneRecord } from '../../daemon/store/cloneTable.js';
import type { TaskRecord } from '../../daemon/store/taskTable.js';
import { ZoneSettings } from '../../daemon/zone/settings.js';
import { noUsage } from '../../daemon/store/usageTable.js';
import { fail } from '../../protocol/fail.js';
import type { Task } from '../../protocol/shapes/task.js';
import { busy, echo, type FakeBrain, FakeSupplier } from './fakeBrain.js';
import { unwatched } from './unwatched.js';
import { cloneRecord, ZoneState } from './zoneState.js';

/** Clones of fake brains on a real database: all of a daemon's inside but its processes. */
export class CloneStage implements Disposable {
  readonly state = new ZoneState();
  readonly supplier = new FakeSupplier();
  readonly vault = new Vault();
  readonly desk = new ApprovalDesk(this.state.store, this.state.log);
  readonly queue = new TaskQueue(this.state.store);
  readonly directory = new CloneDirectory();
  readonly budgets = new BudgetDesk({
    store: this.state.store,
    log: this.state.log,
    queue: this.queue,
    answered: (clone) => this.directory.get(clone)?.wake(),
  });
  readonly intake = new Intake({
    store: this.state.store,
    log: this.state.log,
    queue: this.queue,
    directory: this.directory,
  });

  /** What looks at the zone: nobody, unless a test says so. */
  zone: LedgerShared['zone'] = unwatched;

  readonly #gates: (() => void)[] = [];

  /** Puts a clone into service. */
  clone(
    change: Partial<CloneRecord> = {},
    ready: Promise<void> = Promise.resolve(),
    supplier = this.supplier,
  ): CloneRunner {
    const record = cloneRecord(change);
    this.state.store.clones.insert(record);
    return this.again(record, ready, supplier);
  }

  /** Puts a clone into service that is stored already, as the next daemon does. */
  again(
    record: CloneRecord,
    ready: Promise<void> = Promise.resolve(),
    supplier = this.supplier,
  ): CloneRunner {
    const { store, log } = this.state;
    const runner = new CloneRunner(record, supplier, {
      store,
      log,
      queue: this.queue,
      desk: this.desk,
      budgets: this.budgets,
      environment: new CloneEnvironment(this.vault, '/run/s'),
      zone: this.zone,
      settings: new ZoneSettings(store),
      ready,
      usage: noUsage,
    });
    this.directory.add(runner);
    return runner;
  }

  /** Gives work to a clone or pool; the receipt. */
  give(say: string, work: Partial<Parameters<Intake['give']>[0]> = {}): TaskRecord {
    return this.intake.give({ kind: 'act', who: 'mechanic', say, ...work }, {});
  }

  /** The task once it has ended. */
  async end(task: { readonly id: string }): Promise<Task> {
    return (await this.state.event('task.finished', (event) => event.task === task.id)).value;
  }

  /** A task as it is stored. */
  stored(task: { readonly id: string }): TaskRecord {
    const record = this.state.store.tasks.get(task.id);
    if (!record) throw new Error(`there is no task ${task.id}`);
    return record;
  }

  /** The statuses a clone has had, in order. */
  statuses(clone = 'mechanic.1'): string[] {
    return this.state
      .of('clone.status')
      .filter((event) => event.clone === clone)
      .map(({ status }) => status);
  }

  /** The postures a clone has had with them. */
  postures(clone = 'mechanic.1'): string[] {
    return this.state
      .of('clone.status')
      .filter((event) => event.clone === clone)
      .map(({ posture }) => posture);
  }

  /** Resolves when a clone has a status, now or later. */
  async status(runner: CloneRunner, status: string): Promise<void> {
    if (runner.state === status) return;
    await new Promise<void>((resolve) => {
      const listening = this.state.log.onPublished(() => {
        if (runner.state !== status) return;
        listening.dispose();
        resolve();
      });
    });
  }

  /** A promise that the test settles; at the end it is settled anyway. */
  gate(): { readonly promise: Promise<void>; open(): void } {
    let open = (): void => {};
    const promise = new Promise<void>((resolve) => (open = resolve));
    this.#gates.push(open);
    return { promise, open };
  }

  /** A clone with a task that runs. */
  async working(): Promise<{ runner: CloneRunner; brain: FakeBrain; task: { id: string } }> {
    const runner = this.clone();
    this.supplier.script = busy;
    const task = this.give('a');
    const brain = await this.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    this.supplier.script = echo;
    return { runner, brain, task };
  }

  /** Ends all clones; to be awaited before the stage is disposed. */
  async close(): Promise<void> {
    for (const open of this.#gates) open();
    await Promise.all(this.directory.all().map((runner) => runner.close(false)));
  }

  [Symbol.dispose](): void {
    this.desk.dispose();
    this.state[Symbol.dispose]();
  }
}

/** A stop as a client asks for it. */
export function stopBy(step: 'cancel' | 'interrupt'): TurnStop {
  const reason = 'a client asked for it';
  const error = step === 'cancel' ? fail('taskCancelled', { reason }) : fail('taskInterrupted', { reason });
  return { step, error };
}

/** A wish to come to a terminal, with what a test wants different. */
export function wish(change: Partial<TalkWish> = {}): TalkWish {
  return { wait: true, now: false, size: undefined, signal: new AbortController().signal, ...change };
}

/** Lets all that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
