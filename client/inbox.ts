import { fail } from '../protocol/fail.js';
import { unlessAborted } from './abort.js';
import type { ClientConnection, Notification } from './connection.js';
import { onAbort, type Disposable } from './disposable.js';
import { failBecause, isRecord } from './wire-errors.js';

/** How much a slow consumer may have waiting before its subscription is given up. */
export interface InboxBounds {
  readonly events: number;
  readonly bytes: number;
}

/** What an inbox has to give. */
export type Taken<E> =
  | { readonly state: 'events'; readonly events: readonly E[] }
  /** It ran over: everything before that was taken, what came after has to be read from the history. */
  | { readonly state: 'full' }
  | { readonly state: 'lost' };

interface Published {
  readonly subscription: unknown;
  readonly events: readonly unknown[];
}

/**
 * Holds the publications of one subscription until they are taken. It listens before it subscribes:
 * the first publications may come in the same chunk as the answer that names the subscription.
 */
export class Inbox<E> implements Disposable {
  readonly #connection: ClientConnection;
  readonly #bounds: InboxBounds;
  readonly #held: Disposable[];
  #early: Published[] | undefined = [];
  #subscription: string | undefined;
  #events: E[] = [];
  #bytes = 0;
  #count = 0;
  #state: 'open' | 'full' | 'lost' = 'open';
  #wake: () => void = () => {};

  constructor(connection: ClientConnection, bounds: InboxBounds) {
    this.#connection = connection;
    this.#bounds = bounds;
    this.#held = [
      connection.onNotification((notification) => this.#hear(notification)),
      connection.onEnd(() => this.#become('lost')),
    ];
  }

  /**
   * Sends `event/subscribe` and hands back its answer. Rejects with `cancelled` on abort, but does not take the call
   * back: the daemon may have subscribed by then, and only its answer names what has to be let go of.
   */
  subscribe(params: object, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const answering = this.#connection.request('event/subscribe', params);
    return unlessAborted(
      answering.then((answer) => this.#subscribed(answer)),
      signal,
    );
  }

  /** What has come, or what comes next. Rejects with `cancelled` on abort. */
  async take(signal: AbortSignal): Promise<Taken<E>> {
    while (this.#events.length === 0) {
      if (signal.aborted) throw failBecause('cancelled', {}, signal.reason);
      if (this.#state !== 'open') return { state: this.#state };
      await new Promise<void>((resolve) => {
        const abort = onAbort(signal, resolve);
        this.#wake = () => {
          abort.dispose();
          resolve();
        };
      });
    }
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    this.#count = 0;
    return { state: 'events', events };
  }

  dispose(): void {
    for (const item of this.#held) item.dispose();
    if (this.#state === 'open') this.#unsubscribe();
    this.#become('lost');
  }

  #subscribed(answer: unknown): Readonly<Record<string, unknown>> {
    if (!isRecord(answer) || typeof answer['subscription'] !== 'string') throw fail('connectionLost', {});
    this.#subscription = answer['subscription'];
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#events = early
      .filter(({ subscription }) => subscription === this.#subscription)
      .flatMap(eventsOf<E>);
    if (this.#state !== 'open') this.#unsubscribe();
    return answer;
  }

  #hear({ method, params, bytes }: Notification): void {
    if (method !== 'event/published' || this.#state !== 'open' || !Array.isArray(params['events'])) return;
    const published: Published = {
      subscription: params['subscription'],
      events: params['events'] as unknown[],
    };
    if (this.#early !== undefined) this.#early.push(published);
    else if (published.subscription !== this.#subscription) return;
    else for (const event of eventsOf<E>(published)) this.#events.push(event);
    this.#bytes += bytes;
    this.#count += published.events.length;
    if (this.#count >= this.#bounds.events || this.#bytes >= this.#bounds.bytes) {
      this.#unsubscribe();
      this.#become('full');
    } else {
      this.#wake();
    }
  }

  #become(state: 'full' | 'lost'): void {
    if (this.#state === 'open') this.#state = state;
    this.#wake();
  }

  #unsubscribe(): void {
    if (this.#subscription === undefined || !this.#connection.open) return;
    const params = { subscription: this.#subscription };
    // Nobody waits for the answer: a subscription that is gone already is as good.
    this.#connection.request('event/unsubscribe', params).catch(() => {});
  }
}

const eventsOf = <E>({ events }: Published): E[] => events as E[];
