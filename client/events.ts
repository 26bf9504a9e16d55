import { setTimeout as sleep } from 'node:timers/promises';
import { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import type { ClientConnection } from './connection.js';
import { onAbort, type Disposable } from './disposable.js';
import type { Cursor } from './generated/types.js';
import { Inbox, type InboxBounds } from './inbox.js';
import type { Link } from './link.js';
import { isRecord } from './wire-errors.js';

/** What every event has. */
export interface EventLike {
  readonly type: string;
  readonly cursor: Cursor;
}

/** A part of the history that is no longer kept. */
export interface Gap {
  readonly from: Cursor;
  readonly to: Cursor;
}

/** Which events to follow, and from where. */
export interface EventsOptions {
  /** `tail` (what comes from now on) when left out. */
  readonly from?: 'tail' | 'start' | Cursor;
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** Only events of these clones. */
  readonly who?: string;
  /** Aborting ends the stream quietly. */
  readonly signal?: AbortSignal;
  /** Hears that history asked for is no longer kept. */
  readonly onGap?: (gap: Gap) => void;
  /** Hears that the connection was lost on which the events came: another one is being made. */
  readonly onLost?: () => void;
  /** Hears that the stream stands again after that, and goes on where it broke off. */
  readonly onResumed?: () => void;
  /** What may wait for a slow consumer; 1,000 events or 4 MiB when left out. */
  readonly bounds?: InboxBounds;
}

/** Events in order, for ever: over lost connections and restarts of the daemon, until it is ended. */
export interface EventStream<E> extends AsyncIterableIterator<E>, AsyncDisposable {
  /** Resolves once the first subscription stands: what happens after that is in the stream. Rejects if it never does. */
  readonly ready: Promise<void>;
  /** The last stored event handed out, or where the stream began: where another stream may go on. */
  readonly cursor: Cursor | undefined;
  /** Ends the stream, also while a `next` is waiting. */
  return(): Promise<IteratorResult<E, undefined>>;
}

/** Types that are delivered live and not stored; they carry the cursor of the last stored event. */
const liveOnly: ReadonlySet<string> = new Set(['message.delta']);
const defaultBounds: InboxBounds = { events: 1_000, bytes: 4 * 1024 * 1024 };
const firstPauseMs = 50;
const longestPauseMs = 2_000;
const pageSize = 500;

/** Begins to follow events at once, whether or not anybody asks for the first. */
export function followEvents<E extends EventLike>(link: Link, options: EventsOptions = {}): EventStream<E> {
  const stop = new AbortController();
  const outer = onAbort(options.signal, () => stop.abort(options.signal?.reason));
  const follower = new Follower<E>(link, options, stop.signal);
  const events = follower.run(outer);
  let first: Promise<IteratorResult<E, undefined>> | undefined = events.next();
  // Whoever calls next, or awaits ready, learns of it; nobody has to.
  first.catch(() => {});
  follower.ready.catch(() => {});
  return {
    ready: follower.ready,
    get cursor() {
      return follower.cursor;
    },
    next() {
      const next = first ?? events.next();
      first = undefined;
      return next;
    },
    async return() {
      stop.abort();
      await events.return(undefined).catch(() => {});
      first = undefined;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}

class Follower<E extends EventLike> {
  readonly ready: Promise<void>;
  readonly #link: Link;
  readonly #options: EventsOptions;
  readonly #stop: AbortSignal;
  readonly #filter: object;
  #from: 'tail' | 'start' | Cursor;
  #pauseMs = firstPauseMs;
  /** Whether the history has to be read up to its end before a subscription is worth its bytes. */
  #behind = false;
  /** Whether a subscription ever stood, and whether it was lost since. */
  #stood = false;
  #lost = false;
  #standing: () => void = () => {};
  #failed: (error: unknown) => void = () => {};

  constructor(link: Link, options: EventsOptions, stop: AbortSignal) {
    this.#link = link;
    this.#options = options;
    this.#stop = stop;
    this.#from = options.from ?? 'tail';
    const { types, who } = options;
    this.#filter = { ...(types && { types }), ...(who !== undefined && { who }) };
    this.ready = new Promise((resolve, reject) => {
      this.#standing = resolve;
      this.#failed = reject;
    });
  }

  get cursor(): Cursor | undefined {
    return typeof this.#from === 'string' ? undefined : this.#from;
  }

  /** Disposes `held` at its end, however it comes. */
  async *run(held: Disposable): AsyncGenerator<E, undefined> {
    try {
      for (;;) {
        try {
          const connection = await this.#link.connection(this.#stop);
          if (this.#behind) yield* this.#read(connection);
          yield* this.#listen(connection);
        } catch (error) {
          if (this.#stop.aborted || this.#link.closed) return undefined;
          if (!(error instanceof KhloneError) || !error.retryable) throw error;
          this.#lose();
          await this.#pause();
        }
      }
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      held.dispose();
      this.#failed(new Error('the stream was ended'));
    }
  }

  /** Tells once that a stream that stood does so no longer. */
  #lose(): void {
    if (!this.#stood || this.#lost) return;
    this.#lost = true;
    this.#options.onLost?.();
  }

  async #pause(): Promise<void> {
    const ms = this.#pauseMs;
    this.#pauseMs = Math.min(ms * 2, longestPauseMs);
    await sleep(ms, undefined, { signal: this.#stop }).catch(() => {});
  }

  /** Reads page after page, at the consumer's pace, up to the end of the history. */
  async *#read(connection: ClientConnection): AsyncGenerator<E, undefined> {
    while (this.#behind) {
      const params = { from: this.#from, limit: pageSize, direction: 'forward', ...this.#filter };
      const page = await connection.request('event/read', params, { signal: this.#stop });
      const { events, next, more, gap } = isRecord(page) ? page : {};
      this.#tellGap(gap);
      const found = Array.isArray(events) ? (events as E[]) : [];
      yield* this.#fresh(found);
      if (isCursor(next)) this.#from = next;
      this.#behind = typeof more === 'boolean' ? more : found.length > 0;
    }
    return undefined;
  }

  /** Subscribes and hands on what comes; ends when the consumer is too slow, throws when the connection is lost. */
  async *#listen(connection: ClientConnection): AsyncGenerator<E, undefined> {
    const inbox = new Inbox<E>(connection, this.#options.bounds ?? defaultBounds);
    try {
      const answer = await inbox.subscribe({ from: this.#from, ...this.#filter }, this.#stop);
      this.#tellGap(answer['gap']);
      if (this.#from === 'tail' && isCursor(answer['cursor'])) this.#from = answer['cursor'];
      this.#pauseMs = firstPauseMs;
      this.#standing();
      if (this.#lost) this.#options.onResumed?.();
      this.#lost = false;
      this.#stood = true;
      for (;;) {
        const taken = await inbox.take(this.#stop);
        if (taken.state === 'events') yield* this.#fresh(taken.events);
        else if (taken.state === 'lost') throw fail('connectionLost', {});
        else {
          this.#behind = true;
          return undefined;
        }
      }
    } finally {
      inbox.dispose();
    }
  }

  *#fresh(events: readonly E[]): Generator<E, undefined> {
    for (const event of events) {
      if (this.#stop.aborted) return undefined;
      if (!liveOnly.has(event.type)) {
        // The number alone decides: it grows over all epochs and never starts again.
        if (typeof this.#from === 'object' && event.cursor.seq <= this.#from.seq) continue;
        this.#from = event.cursor;
      }
      yield event;
    }
    return undefined;
  }

  #tellGap(gap: unknown): void {
    if (isRecord(gap) && isCursor(gap['from']) && isCursor(gap['to'])) {
      // What comes next follows the gap's end, also where that lies before: the history is another one then.
      this.#from = gap['to'];
      this.#options.onGap?.({ from: gap['from'], to: gap['to'] });
    }
  }
}

function isCursor(value: unknown): value is Cursor {
  return isRecord(value) && typeof value['epoch'] === 'number' && typeof value['seq'] === 'number';
}
