import type { Cursor } from '../../protocol/shapes/common.js';
import type { Event } from '../../protocol/shapes/event.js';
import { type Disposable, Emitter, onUnexpectedError } from '../lifecycle.js';
import type { EventQuery, StoredEvent } from '../store/eventTable.js';
import { now } from '../store/ids.js';
import { retryMs } from '../store/retry.js';
import type { Store } from '../store/store.js';

type Unplaced<E> = E extends unknown ? Omit<E, 'cursor' | 'at'> : never;

/** An event that has no place in the history yet. */
export type NewEvent = Unplaced<Event>;

/** What a transaction may do besides writing tables. */
export interface Transaction {
  /** Adds an event to the history, in the same transaction. */
  append(event: NewEvent): void;
  /** Runs once all of it is on disk, before anybody hears of it: for what is held in memory. */
  after(change: () => void): void;
}

/** Bounds of the history. */
export interface HistoryLimits {
  /** Most events kept. */
  readonly events: number;
  /** Most bytes of database in use. */
  readonly bytes: number;
}

/** An event that waits for its place in the history. */
interface Observation {
  readonly event: NewEvent;
  readonly noted: (() => void) | undefined;
}

const defaultLimits: HistoryLimits = { events: 500_000, bytes: 4 * 2 ** 30 };

/** Observations that wait for a disk that refuses them; past this the oldest go. */
const maxWaiting = 20_000;

/**
 * Most characters of a batch that is published at once. What ends a long queue, or what waited for a disk, may be
 * a great many events: a client takes them in pieces of which each fits a frame, and may fall behind in between.
 */
const batchLength = 512 * 1024;

/** How often, in events, the history's bounds are looked at. */
const pruneEvery = 1024;

/** Most events that are forgotten at once: more than come in between, and few enough to hold nobody up. */
const pruneMost = 4 * pruneEvery;

/**
 * The one way that change leaves the daemon: every change of state is committed together with the
 * events that tell of it, and published only once it is on disk.
 */
export class EventLog implements Disposable {
  readonly #store: Store;
  readonly #limits: HistoryLimits;
  readonly #published = new Emitter<readonly Event[]>();
  readonly #outbox: Event[][] = [];
  #waiting: Observation[] = [];
  #soon: NodeJS.Immediate | undefined;
  /** Set while a disk that refused is given time. */
  #retry: NodeJS.Timeout | undefined;
  #seq: number;
  #publishing = false;
  #committing = false;

  constructor(store: Store, limits: HistoryLimits = defaultLimits) {
    this.#store = store;
    this.#limits = limits;
    this.#seq = store.events.newest();
  }

  /** The newest event that is on disk. */
  get cursor(): Cursor {
    return { epoch: this.#store.epoch, seq: this.#seq };
  }

  /** The lowest number still in the history. */
  get oldest(): number {
    return this.#store.events.oldest();
  }

  /** Hears events in order, each batch once it is on disk; live-only ones between. */
  onPublished(listener: (events: readonly Event[]) => void): Disposable {
    return this.#published.on(listener);
  }

  /**
   * Runs `work` as one transaction with the events it appends; durable when it returns.
   * @throws storageFailed, and whatever `work` throws: then nothing has changed.
   */
  commit<T>(work: (tx: Transaction) => T): T {
    if (this.#committing) throw new Error('a commit inside a commit');
    const placed: Event[][] = [];
    let length = batchLength;
    const changes: (() => void)[] = [];
    const before = this.#seq;
    let seq = before;
    const place = (event: NewEvent): void => {
      const cursor = { epoch: this.#store.epoch, seq: ++seq };
      const whole: Event = { ...event, cursor, at: now() };
      const size = this.#store.events.insert(whole);
      length += size;
      if (length > batchLength) {
        placed.push([]);
        length = size;
      }
      placed.at(-1)?.push(whole);
    };
    this.#committing = true;
    let result: T;
    try {
      result = this.#store.transact(() => {
        for (const { event, noted } of this.#waiting) {
          place(event);
          noted?.();
        }
        return work({ append: place, after: (change) => changes.push(change) });
      });
    } finally {
      this.#committing = false;
    }
    this.#seq = seq;
    this.#waiting = [];
    for (const change of changes) change();
    const added = seq - before;
    for (const batch of placed) this.#publish(batch);
    this.#pruneAfter(added);
    return result;
  }

  /**
   * Adds an event that no caller waits for: it is stored soon, in order, together with what comes with it. `noted` writes
   * what belongs to it in the same transaction.
   */
  observe(event: NewEvent, noted?: () => void): void {
    this.#waiting.push({ event, noted });
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
    if (!this.#retry) this.#soon ??= setImmediate(() => this.#flush());
  }

  /** Delivers an event to those who listen now and does not store it. Its cursor is the last stored event's. */
  live(event: NewEvent): void {
    if (this.#waiting.length > 0 && !this.#retry) this.#flush();
    this.#publish([{ ...event, cursor: this.cursor, at: now() }]);
  }

  /** Reads the stored history. */
  read(query: EventQuery): Iterable<StoredEvent> {
    return this.#store.events.read(query);
  }

  /** Stores what waits; to be called before the end. */
  flush(): void {
    if (this.#waiting.length > 0) this.#flush();
  }

  dispose(): void {
    this.#clearTimers();
    this.#published.dispose();
  }

  #flush(): void {
    this.#clearTimers();
    if (this.#waiting.length === 0) return;
    try {
      this.commit(() => undefined);
    } catch (error) {
      onUnexpectedError(error);
      this.#retry = setTimeout(() => this.#flush(), retryMs);
      this.#retry.unref();
    }
  }

  #clearTimers(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#retry);
    this.#soon = undefined;
    this.#retry = undefined;
  }

  /** One batch after the other, also when a listener commits while it hears one. */
  #publish(events: Event[]): void {
    if (events.length === 0) return;
    this.#outbox.push(events);
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      for (let next = this.#outbox.shift(); next; next = this.#outbox.shift()) this.#published.fire(next);
    } finally {
      this.#publishing = false;
    }
  }

  #pruneAfter(added: number): void {
    if (Math.floor(this.#seq / pruneEvery) === Math.floor((this.#seq - added) / pruneEvery)) return;
    // What was committed stays so, whatever becomes of this.
    try {
      const length = this.#seq - this.oldest + 1;
      const tooLarge = this.#store.usedBytes() > this.#limits.bytes;
      const wanted = Math.min(this.#limits.events, tooLarge ? Math.floor(length * 0.95) : length);
      const keep = Math.max(wanted, length - Math.max(pruneMost, added * 2));
      if (keep >= length) return;
      this.#store.transact(() => this.#store.events.prune(this.#seq - keep));
    } catch (error) {
      onUnexpectedError(error);
    }
  }
}
