import type { CallContext } from '../../../daemon/rpc/call.js';
import type { Connection } from '../../../daemon/rpc/connection.js';
import { fail } from '../../../protocol/fail.js';
import { startServer, type TestServer } from './server.js';

interface FakeCursor {
  readonly epoch: number;
  readonly seq: number;
}

/** A numbered event; a `message.delta` is live only and carries the cursor of the last numbered one. */
export interface FakeEvent {
  readonly type: string;
  readonly cursor: FakeCursor;
  readonly text?: string;
}

type From = 'tail' | 'start' | FakeCursor;

/** A server with a history of numbered events, delivered as a daemon does. */
export interface FakeZone {
  readonly server: TestServer;
  readonly history: readonly FakeEvent[];
  /** How often each method was called. */
  readonly calls: Map<string, number>;
  /** Subscriptions of this moment. */
  readonly subscriptions: number;
  publish(type?: string): FakeEvent;
  delta(text: string): void;
  /** A new epoch, as after a restart of the daemon. */
  nextEpoch(): void;
  /** Ends every connection without a word. */
  drop(): void;
}

/**
 * Starts one. `failSubscribe` makes every subscription fail with what it returns; `overlap` is how many events
 * before the asked place a subscription tells again, as a careless daemon might; `answerSubscribe` is waited for
 * before a subscription that stands is answered.
 */
export async function startZone(
  options: {
    failSubscribe?: () => Error | undefined;
    answerSubscribe?: () => Promise<unknown> | undefined;
    overlap?: number;
  } = {},
): Promise<FakeZone> {
  const history: FakeEvent[] = [];
  const calls = new Map<string, number>();
  const subscriptions = new Map<string, { connection: Connection; types?: readonly string[] }>();
  let epoch = 1;
  let lastId = 0;

  const count = (method: string): void => void calls.set(method, (calls.get(method) ?? 0) + 1);
  const newest = (): FakeCursor => history.at(-1)?.cursor ?? { epoch, seq: 0 };
  const after = (from: From): FakeEvent[] => {
    if (from === 'tail') return [];
    const seq = from === 'start' ? 0 : from.seq;
    return history.filter(({ cursor }) => cursor.seq > seq);
  };
  const back = (from: From): From =>
    typeof from === 'string' ? from : { ...from, seq: from.seq - (options.overlap ?? 0) };
  const deliver = (event: FakeEvent): void => {
    for (const [subscription, { connection, types }] of subscriptions) {
      if (types?.includes(event.type) === false) continue;
      connection.notify('event/published', { subscription, events: [event] });
    }
  };

  const server = await startServer({
    'event/subscribe': (params: { from?: From; types?: string[] }, { connection }: CallContext): unknown => {
      count('event/subscribe');
      const failure = options.failSubscribe?.();
      if (failure !== undefined) throw failure;
      const subscription = `s_${++lastId}`;
      subscriptions.set(subscription, { connection, ...(params.types && { types: params.types }) });
      connection.lifetime.add({ dispose: () => subscriptions.delete(subscription) });
      // Sent before the answer on purpose: a client must not lose what it cannot place yet.
      for (const event of after(back(params.from ?? 'tail'))) {
        if (params.types?.includes(event.type) === false) continue;
        connection.notify('event/published', { subscription, events: [event] });
      }
      const answer = { subscription, cursor: newest() };
      return options.answerSubscribe?.()?.then(() => answer) ?? answer;
    },
    'event/unsubscribe': ({ subscription }: { subscription: string }) => {
      count('event/unsubscribe');
      if (!subscriptions.delete(subscription)) throw fail('subscriptionNotFound', { subscription });
      return {};
    },
    'event/read': (params: { from: From; limit?: number; types?: string[] }) => {
      count('event/read');
      const left = after(params.from);
      const page = left.slice(0, params.limit ?? 100);
      const next = page.at(-1)?.cursor ?? (typeof params.from === 'string' ? newest() : params.from);
      const events = page.filter(({ type }) => params.types?.includes(type) !== false);
      return { events, next, more: left.length > page.length };
    },
    echo: (params: object) => params,
    wait: (_: object, { signal }: CallContext) => {
      count('wait');
      return new Promise((_resolve, reject) => {
        signal.addEventListener(
          'abort',
          () => {
            count('wait aborted');
            reject(new Error('told to end'));
          },
          { once: true },
        );
      });
    },
  });

  return {
    server,
    history,
    calls,
    get subscriptions() {
      return subscriptions.size;
    },
    publish(type = 'task.queued') {
      const event = { type, cursor: { epoch, seq: newest().seq + 1 } };
      history.push(event);
      deliver(event);
      return event;
    },
    delta(text) {
      deliver({ type: 'message.delta', cursor: newest(), text });
    },
    nextEpoch() {
      epoch += 1;
    },
    drop() {
      for (const connection of server.rpc.connections) connection.destroy();
    },
  };
}
