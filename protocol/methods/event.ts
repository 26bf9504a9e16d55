import { z } from 'zod';
import { notification, request } from '../row.js';
import { count, Cursor, Empty, Gap, meta, SubscriptionId, Who } from '../shapes/common.js';
import { Event } from '../shapes/event.js';
import { exampleClone } from './clone.js';

const From = z
  .union([z.enum(['start', 'tail']), Cursor])
  .describe('`start` of the history, `tail` for what comes from now on, or just after a cursor.');
const types = z.array(z.string().max(64)).max(64).optional().describe('Only events of these types.');
const who = Who.optional().describe(
  'Only events of these clones: those it stands for at the moment of the call.',
);

const enrolled: z.input<typeof Event> = {
  type: 'clone.enrolled',
  cursor: { epoch: 1, seq: 2 },
  at: '2026-11-21T09:00:00.000Z',
  clone: 'mechanic.1',
  value: exampleClone,
};

export const eventSubscribe = request({
  name: 'event/subscribe',
  summary:
    'Begins a flow of `event/published`: the history after `from`, then all that happens, in one order.',
  capability: 'core',
  params: z.object({ from: From.optional().describe('`tail` by default.'), types, who, _meta: meta }),
  result: z.object({
    subscription: SubscriptionId,
    cursor: Cursor.describe('The newest event at this moment.'),
    gap: Gap.optional(),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'limitReached', 'storageFailed'],
  example: {
    after: ['clone/enroll'],
    params: { from: 'start', types: ['clone.enrolled'] },
    result: { subscription: 's_1', cursor: { epoch: 1, seq: 2 } },
  },
});

export const eventUnsubscribe = request({
  name: 'event/unsubscribe',
  summary: 'Ends a subscription of this connection.',
  capability: 'core',
  params: z.object({ subscription: SubscriptionId, _meta: meta }),
  result: Empty,
  errors: ['subscriptionNotFound'],
  example: {
    after: ['clone/enroll', 'event/subscribe'],
    params: { subscription: '$event/subscribe.subscription' },
    result: {},
  },
});

export const eventRead = request({
  name: 'event/read',
  summary: 'Reads a page of the stored history, in either direction.',
  capability: 'core',
  params: z.object({
    from: From,
    limit: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('100 by default; fewer come where they are large.'),
    direction: z
      .enum(['forward', 'backward'])
      .optional()
      .describe('`forward` by default. Backward gives the newest first.'),
    types,
    who,
    _meta: meta,
  }),
  result: z.object({
    events: z.array(Event),
    next: Cursor.describe('Where to go on.'),
    more: z.boolean().describe('Whether there is more in this direction now.'),
    gap: Gap.optional(),
    _meta: meta,
  }),
  errors: ['cloneNotFound', 'storageFailed'],
  example: {
    after: ['clone/enroll'],
    params: { from: 'start', limit: 10, types: ['clone.enrolled'] },
    result: { events: [enrolled], next: { epoch: 1, seq: 2 }, more: false },
  },
});

export const eventPublished = notification({
  name: 'event/published',
  summary: 'Events of a subscription, in order. Several may come at once.',
  capability: 'core',
  params: z.object({
    subscription: SubscriptionId,
    events: z.array(Event),
    skipped: count
      .optional()
      .describe('Live-only events left out since the last message, as the client read too slowly.'),
    _meta: meta,
  }),
  example: {
    after: ['clone/enroll', 'event/subscribe'],
    params: { subscription: 's_1', events: [enrolled] },
  },
});
