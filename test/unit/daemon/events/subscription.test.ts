import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../../daemon/events/log.js';
import { type Receiver, resolveFrom, Subscription } from '../../../../daemon/events/subscription.js';
import { type Disposable, Emitter } from '../../../../daemon/lifecycle.js';
import type { Event } from '../../../../protocol/shapes/event.js';
import { ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
let client: Client;
let open: Disposable[];
beforeEach(() => {
  state = new ZoneState();
  client = new Client();
  open = [];
});
afterEach(() => {
  for (const each of open) each.dispose();
  state[Symbol.dispose]();
});

/** A client that takes all, until it is told to be slow. */
class Client implements Receiver {
  readonly batches: { subscription: string; events: readonly Event[]; skipped?: number }[] = [];
  slow = false;
  /** Called with each batch. */
  onBatch: () => void = () => {};
  readonly #drained = new Emitter<void>();

  send(batch: { subscription: string; events: readonly Event[]; skipped?: number }): boolean {
    this.batches.push(batch);
    this.onBatch();
    return true;
  }
  pressed(): boolean {
    return this.slow;
  }
  onDrained(listener: () => void): Disposable {
    return this.#drained.on(listener);
  }
  /** It has read everything. */
  drain(): void {
    this.slow = false;
    this.#drained.fire();
  }
  get events(): Event[] {
    return this.batches.flatMap(({ events }) => events);
  }
  get stored(): number[] {
    return this.events.filter(({ type }) => type !== 'message.delta').map(({ cursor }) => cursor.seq);
  }
  get skipped(): number {
    return this.batches.reduce((sum, { skipped = 0 }) => sum + skipped, 0);
  }
}

const fault = (reason = 'r', clone = 'mechanic.1'): NewEvent => ({ type: 'brain.fault', clone, reason });
const delta = (text: string): NewEvent => ({
  type: 'message.delta',
  clone: 'mechanic.1',
  task: 't_1',
  message: 'm',
  offset: 0,
  text,
});
const publish = (...events: NewEvent[]): void =>
  state.log.commit((tx) => {
    for (const event of events) tx.append(event);
  });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function subscribe(parts: { from?: number; types?: string[]; clones?: string[] } = {}): Subscription {
  const subscription = new Subscription({
    id: 's_1',
    log: state.log,
    receiver: client,
    from: parts.from ?? 0,
    types: parts.types,
    clones: parts.clones,
  });
  open.push(subscription);
  return subscription;
}

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('a subscription', () => {
  it('sends the history, then what happens, in one order', async () => {
    publish(fault(), fault());
    subscribe();
    expect(client.batches).toEqual([]);
    await turn();
    publish(fault());
    publish(fault(), fault());
    expect(client.stored).toEqual(upTo(5));
    expect(client.batches.map(({ events, subscription }) => [subscription, events.length])).toEqual([
      ['s_1', 2],
      ['s_1', 1],
      ['s_1', 2],
    ]);
  });

  it('begins after its place, also with what comes before its first page', async () => {
    publish(fault(), fault());
    subscribe({ from: 1 });
    publish(fault());
    await turn();
    publish(fault());
    expect(client.stored).toEqual([2, 3, 4]);
  });

  it('sends a long history page by page, and lets others in between', async () => {
    publish(...Array.from({ length: 1200 }, () => fault()));
    subscribe();
    await turn();
    expect(client.stored).toEqual(upTo(500));
    publish(fault());
    await turn();
    await turn();
    expect(client.stored).toEqual(upTo(1201));
    expect(Math.max(...client.batches.map(({ events }) => events.length))).toBe(500);
  });

  it('keeps pages of long events small', async () => {
    publish(...Array.from({ length: 10 }, () => fault('x'.repeat(200_000))));
    subscribe();
    while (client.stored.length < 10) await turn();
    expect(client.stored).toEqual(upTo(10));
    expect(Math.max(...client.batches.map(({ events }) => events.length))).toBe(3);
  });

  it('sends nothing once it has ended', async () => {
    publish(fault());
    subscribe().dispose();
    await turn();
    publish(fault());
    client.drain();
    const live = subscribe();
    await turn();
    live.dispose();
    live.dispose();
    publish(fault());
    expect(client.stored).toEqual([1, 2]);
  });

  it('filters by type and by clone, in the history and live', async () => {
    const mixed = (): void =>
      publish(fault(), fault('r', 'mechanic.2'), { type: 'zone.opened', version: '1' });
    mixed();
    subscribe({ types: ['brain.fault'], clones: ['mechanic.2'] });
    await turn();
    mixed();
    expect(client.stored).toEqual([2, 5]);
    expect(client.batches).toHaveLength(2);
  });

  it('leaves out events of no clone where clones are named', async () => {
    subscribe({ clones: ['mechanic.1'] });
    await turn();
    publish({ type: 'zone.opened', version: '1' });
    expect(client.events).toEqual([]);
  });

  it('hands pieces of text on as they come, and does not keep them', async () => {
    subscribe();
    state.log.live(delta('before the first page'));
    await turn();
    publish(fault());
    state.log.live(delta('live'));
    expect(client.events.map((event) => (event.type === 'message.delta' ? event.text : event.type))).toEqual([
      'brain.fault',
      'live',
    ]);
    expect(client.batches[0]?.skipped).toBe(1);
  });

  it('lets a slow client read from the disk what it missed, and tells how much text it lost', async () => {
    subscribe();
    await turn();
    publish(fault());
    client.slow = true;
    publish(fault(), fault());
    state.log.live(delta('lost'));
    publish(fault());
    state.log.live(delta('lost'));
    expect(client.stored).toEqual([1]);
    client.drain();
    expect(client.stored).toEqual(upTo(4));
    expect(client.batches.at(-1)?.skipped).toBe(2);
    state.log.live(delta('live again'));
    publish(fault());
    expect(client.stored).toEqual(upTo(5));
    expect(client.skipped).toBe(2);
    expect(client.events.filter(({ type }) => type === 'message.delta')).toHaveLength(1);
  });

  it('counts only the text it would have sent', async () => {
    subscribe({ types: ['brain.fault'] });
    await turn();
    client.slow = true;
    publish(fault());
    state.log.live(delta('unwanted'));
    client.drain();
    expect(client.batches).toEqual([{ subscription: 's_1', events: [expect.anything()] }]);
  });

  it('stops in the middle of the history for a slow client, and goes on from there', async () => {
    publish(...Array.from({ length: 1200 }, () => fault()));
    client.onBatch = () => (client.slow = true);
    subscribe();
    await turn();
    await turn();
    expect(client.stored).toEqual(upTo(500));
    while (client.stored.length < 1200) {
      client.drain();
      await turn();
    }
    expect(client.stored).toEqual(upTo(1200));
  });

  it('goes on after a page that the disk refused', async () => {
    publish(fault());
    subscribe();
    const works = state.log.read.bind(state.log);
    state.log.read = () => {
      throw new Error('the disk reports an error');
    };
    await turn();
    expect([state.unexpected.length, client.stored]).toEqual([1, []]);
    state.log.read = works;
    publish(fault());
    await turn();
    publish(fault());
    expect(client.stored).toEqual(upTo(3));
  });

  it('sends nothing twice to one that catches up while a batch goes round', async () => {
    let armed = false;
    // Registered before the subscription, and so heard before it.
    state.log.onPublished(() => {
      if (!armed) return;
      armed = false;
      publish(fault('nested'));
      client.drain();
    });
    subscribe();
    await turn();
    client.slow = true;
    publish(fault('missed'));
    armed = true;
    publish(fault('first'));
    publish(fault('last'));
    expect(client.stored).toEqual(upTo(4));
  });

  it('has no gap and no repeat, whatever happens in whatever order', async () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 300 }).map((count) => ({ do: 'publish' as const, count })),
      fc.constantFrom({ do: 'slow' as const }, { do: 'drain' as const }, { do: 'turn' as const }),
      fc.integer({ min: 1, max: 3 }).map((count) => ({ do: 'delta' as const, count })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, fromTail) => {
        client = new Client();
        const from = fromTail ? state.log.cursor.seq : 0;
        const subscription = subscribe({ from });
        let deltas = 0;
        for (const each of steps) {
          if (each.do === 'publish') publish(...Array.from({ length: each.count }, () => fault()));
          else if (each.do === 'slow') client.slow = true;
          else if (each.do === 'drain') client.drain();
          else if (each.do === 'turn') await turn();
          else for (let i = 0; i < each.count; i++) state.log.live(delta(String(deltas++)));
        }
        const last = state.log.cursor.seq + 1;
        publish(fault());
        while (client.stored.at(-1) !== last) {
          client.drain();
          await turn();
        }
        subscription.dispose();
        expect(client.stored).toEqual(upTo(last, from + 1));
        const pieces = client.events.flatMap((event) => (event.type === 'message.delta' ? [event.text] : []));
        expect(pieces).toEqual([...pieces].sort((a, b) => Number(a) - Number(b)));
        expect(pieces.length + client.skipped).toBe(deltas);
      }),
      { numRuns: 60 },
    );
  });
});

describe('resolveFrom', () => {
  beforeEach(() => {
    publish(...Array.from({ length: 10 }, () => fault()));
    state.store.transact(() => state.store.events.prune(4));
  });

  it.each([
    ['tail', 'tail' as const, { from: 10 }],
    ['the start of what is left', 'start' as const, { from: 4 }],
    ['a place', { epoch: 1, seq: 7 }, { from: 7 }],
    ['the newest', { epoch: 1, seq: 10 }, { from: 10 }],
    ['just before the oldest', { epoch: 1, seq: 4 }, { from: 4 }],
  ])('finds %s', (_, from, found) => {
    expect(resolveFrom(from, state.log)).toEqual(found);
  });

  it('tells what is gone since', () => {
    const from = { epoch: 1, seq: 2 };
    expect(resolveFrom(from, state.log)).toEqual({ from: 4, gap: { from, to: { epoch: 1, seq: 4 } } });
  });

  it.each([
    ['number', { epoch: 1, seq: 11 }],
    ['epoch', { epoch: 2, seq: 7 }],
  ])('begins anew for a place of a %s that never was', (_, from) => {
    expect(resolveFrom(from, state.log)).toEqual({ from: 4, gap: { from, to: { epoch: 1, seq: 4 } } });
  });

  it('knows that an empty history has an end', () => {
    state.store.transact(() => state.store.events.prune(10));
    expect(resolveFrom('start', state.log)).toEqual({ from: 10 });
    expect(resolveFrom({ epoch: 1, seq: 10 }, state.log)).toEqual({ from: 10 });
  });
});
