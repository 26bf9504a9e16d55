import { fail } from '../../protocol/fail.js';
import type { CloneDirectory } from '../clones/directory.js';
import type { EventLog } from '../events/log.js';
import { resolveFrom, Subscription } from '../events/subscription.js';
import type { Connection } from '../rpc/connection.js';
import type { Notifications } from '../rpc/generated/handlers.js';
import { pageOf } from './page.js';
import type { Service } from './parts.js';

/** Most subscriptions of one connection. */
const maxSubscriptions = 64;

/** Sends a batch; false when the client can take no more. */
function publish(connection: Connection, params: Notifications['event/published']): boolean {
  return connection.notify('event/published', params);
}

/** Hands out the history and what happens now. */
export function eventService(parts: {
  readonly log: EventLog;
  readonly directory: CloneDirectory;
}): Service<'event/subscribe' | 'event/unsubscribe' | 'event/read'> {
  const { log, directory } = parts;
  const subscriptions = new WeakMap<Connection, Map<string, Subscription>>();
  let last = 0;

  const of = (connection: Connection): Map<string, Subscription> => {
    const held = subscriptions.get(connection) ?? new Map<string, Subscription>();
    subscriptions.set(connection, held);
    return held;
  };

  return {
    async 'event/subscribe'({ from = 'tail', types, who }, { connection }) {
      const held = of(connection);
      if (held.size >= maxSubscriptions)
        throw fail('limitReached', { what: 'subscriptions', limit: maxSubscriptions });
      const clones = directory.names(who);
      const start = resolveFrom(from, log);
      const { cursor } = log;
      const subscription = new Subscription({
        id: `s_${++last}`,
        log,
        receiver: {
          send: (params) => publish(connection, params),
          pressed: () => connection.outbound.pressure(),
          onDrained: (listener) => connection.outbound.onDrained(listener),
        },
        from: start.from,
        types,
        clones,
      });
      held.set(subscription.id, connection.lifetime.add(subscription));
      return { subscription: subscription.id, cursor, ...(start.gap && { gap: start.gap }) };
    },

    async 'event/unsubscribe'({ subscription: id }, { connection }) {
      const subscription = of(connection).get(id);
      if (!subscription) throw fail('subscriptionNotFound', { subscription: id });
      of(connection).delete(id);
      connection.lifetime.release(subscription);
      return {};
    },

    async 'event/read'({ from, limit = 100, direction = 'forward', types, who }) {
      const clones = directory.names(who);
      const backward = direction === 'backward';
      const newest = log.cursor;
      const start = resolveFrom(from, log);
      const query = {
        // Backward from the tail begins with the newest itself.
        from: backward && from === 'tail' ? newest.seq + 1 : start.from,
        direction,
        limit: limit + 1,
        ...(types && { types }),
        ...(clones && { clones }),
      };
      const { items, more } = pageOf(log.read(query), limit, (stored) => stored.length);
      const events = items.map((stored) => stored.event);
      const reached = events.at(-1)?.cursor;
      // A page that ends the history ends at its end, so that a filter does not make a reader look twice.
      const next = more || backward ? (reached ?? { epoch: newest.epoch, seq: start.from }) : newest;
      return { events, next, more, ...(start.gap && !backward && { gap: start.gap }) };
    },
  };
}
