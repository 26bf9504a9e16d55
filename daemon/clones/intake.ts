import { fail } from '../../protocol/fail.js';
import type { TaskKind } from '../../protocol/shapes/task.js';
import type { EventLog } from '../events/log.js';
import { newId, now } from '../store/ids.js';
import type { Store } from '../store/store.js';
import type { TaskRecord } from '../store/taskTable.js';
import type { CloneDirectory } from './directory.js';
import type { Variables } from './environment.js';
import type { TaskQueue } from './queue.js';
import type { CloneRunner } from './runner.js';

/** Default of a clone's longest queue. */
const defaultMaxQueued = 10_000;

/** Work as a client gives it. */
export interface Work {
  readonly kind: TaskKind;
  readonly who: string;
  readonly say: string;
  /** Whether it runs beside the clone, which is one. */
  readonly aside?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly priority?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly env?: Variables | undefined;
}

/** What the intake works with. */
export interface IntakeParts {
  readonly store: Store;
  readonly log: EventLog;
  readonly queue: TaskQueue;
  readonly directory: CloneDirectory;
}

/** Takes work in: makes it a durable task of a clone, or of a pool where nobody is free. */
export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * What a task of this kind becomes for `who`: an ask where none of them may act.
   * @throws cloneNotFound, cloneRetired
   */
  kindFor({ kind, who }: Pick<Work, 'kind' | 'who'>): TaskKind {
    return this.#parts.directory.pool(who).every(({ record }) => record.readOnly) ? 'ask' : kind;
  }

  /**
   * Answers with the task once it is on disk. What may change the zone goes to a clone that may do so, if there is one
   * at all, and is an ask else.
   * @throws cloneNotFound, cloneAmbiguous, clonePaused, asidesFull, cloneRetired, cloneFailed, capabilityMissing, environmentMissing, queueFull,
   * idempotencyConflict, storageFailed
   */
  give(work: Work, environment: Variables): TaskRecord {
    const { store, log, queue } = this.#parts;
    const { idempotencyKey: key, env: _env, ...call } = work;
    const made = key === undefined ? undefined : store.idempotency.find(key, call);
    const earlier = made === undefined ? undefined : store.tasks.get(made);
    if (earlier) {
      // Whoever repeats a call addresses the clone as well, and may bring what a restart took from it.
      for (const runner of this.#parts.directory.find(work.who)) runner.supply(environment, work.env);
      return earlier;
    }

    const kind = this.kindFor(work);
    const takers = this.#takers({ ...work, kind }, environment);
    const taker = choose(takers);
    if (!work.aside) this.#checkRoom(taker?.record.name ?? work.who, takers);
    const task = log.commit((tx) => {
      const record = queue.insert(tx, {
        id: newId('t'),
        kind,
        who: work.who,
        clone: taker?.record.name,
        say: work.say,
        aside: work.aside ?? false,
        status: 'queued',
        attempt: 0,
        priority: work.priority ?? 0,
        timeoutMs: work.timeoutMs,
        labels: work.labels ?? {},
        resumed: false,
        epoch: undefined,
        result: undefined,
        error: undefined,
        sandbox: undefined,
        notBefore: undefined,
        queuedAt: now(),
        startedAt: undefined,
        finishedAt: undefined,
      });
      if (key !== undefined) store.idempotency.record(key, call, record.id);
      return record;
    });
    for (const runner of taker ? [taker] : takers) runner.wake();
    return task;
  }

  /**
   * Queues an ended task again, on the clone that had it.
   * @throws cloneNotFound, cloneRetired, cloneFailed, cloneReadOnly, capabilityMissing, environmentMissing, queueFull,
   * storageFailed
   */
  retry(task: TaskRecord, environment: Variables): TaskRecord {
    const { log, queue, directory } = this.#parts;
    const who = task.clone ?? task.who;
    const { kind, aside } = task;
    const takers = this.#takers({ kind, who, aside }, environment);
    if (!aside) this.#checkRoom(who, takers);
    const again = log.commit((tx) => queue.retry(tx, task));
    const owner = task.clone === undefined ? undefined : directory.get(task.clone);
    for (const runner of owner ? [owner] : takers) runner.wake();
    return again;
  }

  /** The clones that could do it; why nobody can, if so. */
  #takers(work: Pick<Work, 'kind' | 'who' | 'env' | 'aside'>, environment: Variables): CloneRunner[] {
    if (work.aside) return [this.#beside(work, environment)];
    const pool = this.#parts.directory.pool(work.who);
    for (const runner of pool) runner.supply(environment, work.env);
    const takers = pool.filter((runner) => runner.obstacle(work.kind) === undefined);
    if (takers.length > 0) return takers;
    // Of those that are not for it anyway, nobody wants to hear what they lack.
    const meant = pool.find(({ record }) => work.kind === 'ask' || !record.readOnly) ?? pool[0];
    const obstacle = meant?.obstacle(work.kind);
    if (obstacle) throw obstacle;
    return takers;
  }

  /** The clone whose conversation an aside branches from. */
  #beside({ who, env }: Pick<Work, 'who' | 'env'>, environment: Variables): CloneRunner {
    const runner = this.#parts.directory.inService(who);
    runner.supply(environment, env);
    const { asideObstacle } = runner;
    if (asideObstacle) throw asideObstacle;
    return runner;
  }

  #checkRoom(target: string, takers: readonly CloneRunner[]): void {
    const limit = Math.max(...takers.map((runner) => runner.record.limits.maxQueue ?? defaultMaxQueued));
    if (this.#parts.queue.length(target) >= limit) throw fail('queueFull', { who: target, limit });
  }
}

/**
 * The only one, or the least recently used of those that are free, first of those whose terminal nobody has opened: a
 * task would end it. Nobody where all of several are busy.
 */
function choose(takers: readonly CloneRunner[]): CloneRunner | undefined {
  if (takers.length === 1) return takers[0];
  const free = takers.filter((runner) => runner.free);
  return leastRecent(free.filter((runner) => !isInTerminal(runner))) ?? leastRecent(free);
}

function isInTerminal(runner: CloneRunner): boolean {
  return runner.terminal !== undefined && runner.view().posture === 'talk';
}

function leastRecent(runners: readonly CloneRunner[]): CloneRunner | undefined {
  return runners.reduce<CloneRunner | undefined>(
    (best, runner) => (best && best.record.usedAt <= runner.record.usedAt ? best : runner),
    undefined,
  );
}
