import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventLog, type HistoryLimits } from '../../daemon/events/log.js';
import { setUnexpectedErrorHandler } from '../../daemon/lifecycle.js';
import type { CloneRecord } from '../../daemon/store/cloneTable.js';
import { now } from '../../daemon/store/ids.js';
import { Store } from '../../daemon/store/store.js';
import type { TaskRecord } from '../../daemon/store/taskTable.js';
import { fail } from '../../protocol/fail.js';
import type { Event } from '../../protocol/shapes/event.js';

/** A zone's database and event log on disk, without the rest of a daemon. */
export class ZoneState implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  readonly path = join(this.folder, 'khlone.db');
  /** Everything that was published since the last opening. */
  readonly published: Event[] = [];
  /** What no caller could receive. */
  readonly unexpected: unknown[] = [];
  store: Store;
  log: EventLog;
  readonly #limits: HistoryLimits | undefined;

  constructor(limits?: HistoryLimits) {
    this.#limits = limits;
    setUnexpectedErrorHandler((error) => this.unexpected.push(error));
    [this.store, this.log] = this.#open();
  }

  /** Ends all and begins anew on the same file, as the next daemon does. */
  reopen(): void {
    this.#close();
    this.published.length = 0;
    [this.store, this.log] = this.#open();
  }

  /** From now on the disk refuses every transaction, until what is returned is called. */
  refuse(): () => void {
    const { store } = this;
    const works = store.transact.bind(store);
    store.transact = () => {
      throw fail('storageFailed', { reason: 'the disk is full' });
    };
    return () => {
      store.transact = works;
    };
  }

  /** The first published event that fits, now or when it comes. */
  event<T extends Event['type']>(
    type: T,
    fits: (event: Extract<Event, { type: T }>) => boolean = () => true,
  ): Promise<Extract<Event, { type: T }>> {
    const match = (event: Event): event is Extract<Event, { type: T }> =>
      event.type === type && fits(event as Extract<Event, { type: T }>);
    const found = this.published.find(match);
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => {
      const listening = this.log.onPublished((events) => {
        const come = events.find(match);
        if (!come) return;
        listening.dispose();
        resolve(come);
      });
    });
  }

  /** Published events of some types, as `type` and what is picked of each. */
  of<T extends Event['type']>(...types: T[]): Extract<Event, { type: T }>[] {
    return this.published.filter((event): event is Extract<Event, { type: T }> =>
      (types as string[]).includes(event.type),
    );
  }

  [Symbol.dispose](): void {
    this.#close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #open(): [Store, EventLog] {
    const store = new Store(this.path);
    const log = new EventLog(store, ...(this.#limits ? [this.#limits] : []));
    log.onPublished((events) => this.published.push(...events));
    return [store, log];
  }

  #close(): void {
    this.log.dispose();
    this.store.dispose();
  }
}

/** A clone as it is enrolled, with what a test wants different. */
export function cloneRecord(change: Partial<CloneRecord> = {}): CloneRecord {
  return {
    name: 'mechanic.1',
    role: 'mechanic',
    number: 1,
    brain: 'fake',
    conversation: randomUUID(),
    begun: false,
    cwd: '/zone',
    command: undefined,
    terminal: undefined,
    model: undefined,
    brief: undefined,
    approvals: 'ask',
    limits: {},
    labels: {},
    grants: [],
    env: {},
    secrets: [],
    wishes: [],
    grantSocket: false,
    readOnly: false,
    failure: undefined,
    usedAt: 0,
    enrolledAt: now(),
    retiredAt: undefined,
    ...change,
  };
}

/** A queued task, with what a test wants different. */
export function taskRecord(change: Partial<TaskRecord> = {}): Omit<TaskRecord, 'ordinal'> {
  return {
    id: `t_${randomUUID()}`,
    kind: 'act',
    who: 'mechanic.1',
    clone: 'mechanic.1',
    say: 'Say hello.',
    aside: false,
    status: 'queued',
    attempt: 0,
    priority: 0,
    timeoutMs: undefined,
    labels: {},
    resumed: false,
    epoch: undefined,
    result: undefined,
    error: undefined,
    sandbox: undefined,
    notBefore: undefined,
    queuedAt: now(),
    startedAt: undefined,
    finishedAt: undefined,
    ...change,
  };
}
