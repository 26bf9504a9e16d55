import type { Cursor } from '../../protocol/shapes/common.js';
import { type Event, liveOnlyTypes } from '../../protocol/shapes/event.js';
import { type Disposable, DisposableStore, onUnexpectedError } from '../lifecycle.js';
import type { EventLog } from './log.js';

/** Where a subscription sends its events. */
export interface Receiver {
  /** Sends a batch; false when the client can take no more. */
  send(params: { subscription: string; events: Event[]; skipped?: number }): boolean;
  /** Whether the client is behind with reading. */
  pressed(): boolean;
  /** Tells when it has caught up. */
  onDrained(listener: () => void): Disposable;
}

/** What a subscription is made of. */
export interface SubscriptionParts {
  readonly id: string;
  readonly log: EventLog;
  readonly receiver: Receiver;
  /** Exclusive. */
  readonly from: number;
  readonly types: readonly string[] | undefined;
  /** The clones it is about; undefined for all, those enrolled later included. */
  readonly clones: readonly string[] | undefined;
}

/** Most characters of a batch from the history. */
const pageLength = 512 * 1024;
const pageEvents = 500;

/**
 * One client's flow of events, in one of two ways: `reading` the history a page at a time, as fast as
 * the client takes them, or `live`, handed on as they happen. A client that falls behind while live
 * goes back to reading from where it is, so that what waits for it is on disk and not in memory.
 */
export class Subscription implements Disposable {
  readonly #parts: SubscriptionParts;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #clones: ReadonlySet<string> | undefined;
  readonly #held = new DisposableStore();
  #mode: 'reading' | 'live' | 'ended' = 'reading';
  #sent: number;
  #skipped = 0;
  #next: NodeJS.Immediate | undefined;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#types = parts.types && new Set(parts.types);
    this.#clones = parts.clones && new Set(parts.clones);
    this.#sent = parts.from;
    this.#held.add(parts.log.onPublished((events) => this.#hear(events)));
    this.#held.add(parts.receiver.onDrained(() => this.#read()));
    this.#schedule();
  }

  get id(): string {
    return this.#parts.id;
  }

  dispose(): void {
    this.#mode = 'ended';
    clearImmediate(this.#next);
    this.#held.dispose();
  }

  #hear(events: readonly Event[]): void {
    if (this.#mode === 'ended') return;
    // A listener that catches up while a batch goes round may have read what comes in the next one.
    const wanted = events.filter(
      (event) => this.#wants(event) && (liveOnlyTypes.has(event.type) || event.cursor.seq > this.#sent),
    );
    if (this.#mode === 'reading' || this.#parts.receiver.pressed()) {
      this.#mode = 'reading';
      this.#skipped += wanted.filter((event) => liveOnlyTypes.has(event.type)).length;
      // Also after a read that the disk refused: the next event tries again.
      if (!this.#parts.receiver.pressed()) this.#schedule();
      return;
    }
    const last = events.at(-1);
    if (wanted.length > 0) this.#send(wanted);
    if (last) this.#sent = Math.max(this.#sent, last.cursor.seq);
  }

  /** In a turn of its own, so that the answer to the call that began it goes out first. */
  #schedule(): void {
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      try {
        this.#read();
      } catch (error) {
        onUnexpectedError(error);
      }
    });
  }

  #read(): void {
    if (this.#mode !== 'reading' || this.#parts.receiver.pressed()) return;
    const { log, types, clones } = this.#parts;
    const newest = log.cursor.seq;
    const page: Event[] = [];
    let length = 0;
    const query = { from: this.#sent, direction: 'forward', limit: pageEvents } as const;
    for (const stored of log.read({ ...query, ...(types && { types }), ...(clones && { clones }) })) {
      page.push(stored.event);
      length += stored.length;
      if (length >= pageLength) break;
    }
    const full = length >= pageLength || page.length === pageEvents;
    this.#sent = full ? (page.at(-1)?.cursor.seq ?? newest) : newest;
    if (page.length > 0) this.#send(page);
    if (full) this.#schedule();
    else if (this.#mode === 'reading') this.#mode = 'live';
  }

  #send(events: Event[]): void {
    const { id, receiver } = this.#parts;
    const skipped = this.#skipped;
    this.#skipped = 0;
    receiver.send({ subscription: id, events, ...(skipped > 0 && { skipped }) });
  }

  #wants(event: Event): boolean {
    if (this.#types && !this.#types.has(event.type)) return false;
    if (!this.#clones) return true;
    return 'clone' in event && event.clone !== undefined && this.#clones.has(event.clone);
  }
}

/** A place to go on from: the number, and what of the history is gone since. */
export function resolveFrom(
  from: 'start' | 'tail' | Cursor,
  log: EventLog,
): { readonly from: number; readonly gap?: { from: Cursor; to: Cursor } } {
  const newest = log.cursor;
  if (from === 'tail') return { from: newest.seq };
  const firstKept = log.oldest - 1;
  if (from === 'start') return { from: firstKept };
  // A place that this history never had, as after a restored backup: what the reader saw is not ours.
  const foreign = from.seq > newest.seq || from.epoch > newest.epoch;
  if (from.seq >= firstKept && !foreign) return { from: from.seq };
  return { from: firstKept, gap: { from, to: { epoch: newest.epoch, seq: firstKept } } };
}
