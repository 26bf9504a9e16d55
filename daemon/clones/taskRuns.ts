import { fail } from '../../protocol/fail.js';
import type { Brain } from '../brains/contract.js';
import type { TaskRecord } from '../store/taskTable.js';
import { Alarm } from './alarm.js';
import { askerOf } from './asker.js';
import type { CloneProcess } from './cloneProcess.js';
import type { CloneLedger, LedgerShared } from './ledger.js';
import type { Outcomes } from './outcomes.js';
import { resumeWords, stopForDaemon } from './recovery.js';
import { Turn, type TurnStop } from './turn.js';
import type { ZoneLook } from './zoneWatch.js';

/** What a clone's tasks are run with. */
export interface TaskRunsParts {
  readonly shared: LedgerShared;
  readonly ledger: () => CloneLedger;
  readonly process: () => CloneProcess;
  readonly outcomes: Outcomes;
  /** Whether its brain is a program of the user's choice, which would take our words for its own. */
  readonly program: boolean;
  /** Whether the clone still takes tasks. */
  readonly serving: () => boolean;
}

/** Runs a clone's tasks on its process, one at a time. */
export class TaskRuns {
  readonly #parts: TaskRunsParts;
  /** The end of the task's time. */
  readonly #limit = new Alarm();
  #turn: Turn | undefined;
  /** A stop that came while the process was still being started. */
  #early: TurnStop | undefined;
  /** Settles when the task that runs now has ended and that is on disk. */
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TaskRunsParts) {
    this.#parts = parts;
  }

  /** Whether a process is on a task now. */
  get on(): boolean {
    return this.#turn !== undefined;
  }

  /** Runs a task that was claimed. Resolves when it has ended, or goes on waiting in its queue. @throws storageFailed */
  async run(task: TaskRecord): Promise<void> {
    // While the process starts.
    using look = this.#parts.shared.zone.look(task, this.#parts.ledger());
    this.#running = this.#run(task, look);
    await this.#running;
  }

  /** The task is no longer in hand. */
  release(): void {
    this.#parts.ledger().release();
    this.#limit.clear();
    this.#turn = undefined;
    this.#early = undefined;
  }

  /** Ends the turn of the task in hand, also where it has yet to begin. Resolves when that is on disk. */
  async stop(stop: TurnStop): Promise<void> {
    if (this.#turn) this.#turn.stop(stop);
    else if (this.#parts.ledger().task) this.#early ??= stop;
    if (this.#parts.ledger().task) await this.#running;
  }

  /** Ends the turn with its process, by its clone's policy, as the daemon itself is ending. */
  async abandon(): Promise<void> {
    const { record, task } = this.#parts.ledger();
    if (task && this.#turn) await this.#turn.abandon(stopForDaemon(record, task));
  }

  /** Leaves the turn that is on to the next daemon. */
  leave(): void {
    this.#limit.clear();
  }

  async #run(task: TaskRecord, look: ZoneLook): Promise<void> {
    const { process, outcomes, program, serving } = this.#parts;
    const ledger = this.#parts.ledger();
    let brain: Brain;
    try {
      brain = await process().forTask(task.kind);
    } catch (error) {
      return outcomes.failedToStart(error);
    }
    await look.ready;
    // Cancelled, or left to the next daemon.
    if (!ledger.stillQueued() || !serving()) return;
    ledger.start();
    const turn = this.#follow(brain, task);
    turn.begin(task.resumed && !program ? resumeWords(task.say) : task.say);
    if (this.#early) turn.stop(this.#early);
    await this.#end(turn, look);
  }

  /** Hears a brain's turn as that of a task. */
  #follow(brain: Brain, task: TaskRecord): Turn {
    const { log, desk, environment } = this.#parts.shared;
    const ledger = this.#parts.ledger();
    const { name, limits } = ledger.record;
    const turn = new Turn({
      brain,
      log,
      desk,
      asker: askerOf(ledger, brain),
      pieces: () => environment.redactPieces(name),
      accepted: () => ledger.begun(),
    });
    this.#turn = turn;
    const timeoutMs = task.timeoutMs ?? limits.taskTimeoutMs;
    if (timeoutMs !== undefined) {
      this.#limit.set(timeoutMs, () =>
        turn.stop({ step: 'fail', error: fail('taskTimeout', { timeoutMs }) }),
      );
    }
    return turn;
  }

  async #end(turn: Turn, look: ZoneLook): Promise<void> {
    const end = await turn.ended;
    this.#limit.clear();
    await this.#parts.outcomes.finish(await look.judged(end));
  }
}
