import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followEvents, type EventsOptions, type EventStream } from '../../../client/events.js';
import type { Link } from '../../../client/link.js';
import { fail } from '../../../protocol/fail.js';
import { openLinkTo } from '../../support/rpc/client.js';
import { startZone, type FakeEvent, type FakeZone } from '../../support/rpc/zone.js';

let zone: FakeZone;
let link: Link;
let failure: Error | undefined;
let answered: (() => Promise<void>) | undefined;
const streams: EventStream<FakeEvent>[] = [];
const follow = (options: EventsOptions = {}): EventStream<FakeEvent> => {
  const stream = followEvents<FakeEvent>(link, options);
  streams.push(stream);
  return stream;
};
const take = async (stream: EventStream<FakeEvent>, many: number): Promise<FakeEvent[]> => {
  const events: FakeEvent[] = [];
  while (events.length < many) {
    const { done, value } = await stream.next();
    if (done === true) break;
    events.push(value);
  }
  return events;
};
const numbers = (events: readonly FakeEvent[]): number[] => events.map(({ cursor }) => cursor.seq);
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** A repeatable source of chance. */
const chance = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

beforeEach(async () => {
  failure = undefined;
  answered = undefined;
  zone = await startZone({ failSubscribe: () => failure, answerSubscribe: () => answered?.() });
  link = openLinkTo(zone.server.path);
});
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.return();
  await link.close();
  await zone.server.stop();
});

describe('events()', () => {
  it('tells what comes after it stands, when nothing else is asked for', async () => {
    zone.publish();
    const stream = follow();
    await stream.ready;
    zone.publish();
    expect(numbers(await take(stream, 1))).toEqual([2]);
    expect(stream.cursor).toEqual({ epoch: 1, seq: 2 });
  });

  it.each([
    ['start', 'start' as const, upTo(20)],
    ['a cursor', { epoch: 1, seq: 5 }, upTo(20, 6)],
  ])(
    'tells the history from %s, though it comes before the answer, and goes on live',
    async (_, from, wanted) => {
      for (let n = 0; n < 10; n++) zone.publish();
      const stream = follow({ from });
      await stream.ready;
      for (let n = 0; n < 10; n++) zone.publish();
      expect(numbers(await take(stream, wanted.length))).toEqual(wanted);
    },
  );

  it('keeps two streams on one connection apart', async () => {
    const all = follow({ from: 'start' });
    const some = follow({ from: 'start', types: ['task.started'] });
    for (const type of ['task.queued', 'task.started', 'task.queued', 'task.started']) zone.publish(type);
    expect(numbers(await take(all, 4))).toEqual([1, 2, 3, 4]);
    expect(numbers(await take(some, 2))).toEqual([2, 4]);
    expect(zone.server.rpc.connections.size).toBe(1);
  });

  it('passes every live piece, though they share a cursor, and counts none of them', async () => {
    const stream = follow();
    await stream.ready;
    zone.publish();
    for (const text of ['a', 'b', 'c']) zone.delta(text);
    zone.publish();
    const events = await take(stream, 5);
    expect(events.map(({ type, text }) => text ?? type)).toEqual([
      'task.queued',
      'a',
      'b',
      'c',
      'task.queued',
    ]);
    expect(numbers(events)).toEqual([1, 1, 1, 1, 2]);
  });

  it.each([1, 2, 3])(
    'loses and repeats nothing over random losses of the connection (seed %i)',
    async (seed) => {
      const random = chance(seed);
      const stream = follow({ from: 'start' });
      const total = 400;
      const publishing = (async () => {
        for (let n = 0; n < total; n++) {
          zone.publish();
          if (random() < 0.05) zone.drop();
          if (random() < 0.01) zone.nextEpoch();
          // Some fall into one chunk, others between two.
          if (random() < 0.3) await link.call('ping', {}).catch(() => {});
        }
      })();
      const events = await take(stream, total);
      await publishing;
      expect(numbers(events)).toEqual(upTo(total));
      expect(zone.calls.get('event/subscribe')).toBeGreaterThan(1);
    },
  );

  it('repeats nothing even where the daemon does', async () => {
    const careless = await startZone({ overlap: 5 });
    const way = openLinkTo(careless.server.path);
    for (let n = 0; n < 10; n++) careless.publish();
    const stream = followEvents<FakeEvent>(way, { from: { epoch: 1, seq: 4 } });
    expect(numbers(await take(stream, 6))).toEqual(upTo(10, 5));
    careless.drop();
    for (let n = 0; n < 3; n++) careless.publish();
    expect(numbers(await take(stream, 3))).toEqual([11, 12, 13]);
    await way.close();
    await careless.server.stop();
  });

  it('goes on from its start when the connection is lost before the first event', async () => {
    zone.publish();
    const stream = follow({ from: 'tail' });
    await stream.ready;
    zone.drop();
    zone.publish();
    zone.publish();
    expect(numbers(await take(stream, 2))).toEqual([2, 3]);
  });

  it('keeps a bounded number for a slow consumer, and reads the rest when it is asked for', async () => {
    const stream = follow({ bounds: { events: 50, bytes: 1_000_000 } });
    await stream.ready;
    for (let n = 0; n < 2_000; n++) zone.publish();
    while (zone.subscriptions > 0) await link.call('ping', {});
    expect(zone.calls.get('event/read')).toBeUndefined();
    expect(numbers(await take(stream, 2_000))).toEqual(upTo(2_000));
    expect(zone.calls.get('event/read')).toBeGreaterThanOrEqual(4);
    zone.publish();
    expect(numbers(await take(stream, 1))).toEqual([2_001]);
    expect(zone.subscriptions).toBe(1);
  });

  it('bounds what waits by its bytes too', async () => {
    const stream = follow({ bounds: { events: 1_000_000, bytes: 10_000 } });
    await stream.ready;
    zone.delta('x'.repeat(20_000));
    while (zone.subscriptions > 0) await link.call('ping', {});
    zone.publish();
    const events = await take(stream, 2);
    expect(events.map(({ type }) => type)).toEqual(['message.delta', 'task.queued']);
  });

  it('tries again after a failure that may pass, and ends with one that will not', async () => {
    failure = fail('storageFailed', { reason: 'full' });
    const stream = follow();
    while ((zone.calls.get('event/subscribe') ?? 0) < 3) await link.call('ping', {});
    failure = undefined;
    await stream.ready;
    failure = fail('cloneNotFound', { who: 'x.1', known: [] });
    const hopeless = follow({ who: 'x.1' });
    await expect(hopeless.ready).rejects.toMatchObject({ kind: 'cloneNotFound' });
    await expect(hopeless.next()).rejects.toMatchObject({ kind: 'cloneNotFound' });
    expect(await hopeless.next()).toEqual({ done: true, value: undefined });
  });

  it('ends quietly on abort, return and close, also while waiting, and unsubscribes', async () => {
    const stop = new AbortController();
    const aborted = follow({ signal: stop.signal });
    const returned = follow();
    const closed = follow();
    await Promise.all([aborted.ready, returned.ready, closed.ready]);
    const waiting = [aborted.next(), returned.next(), closed.next()];
    stop.abort();
    await returned.return();
    while (zone.subscriptions > 1) await link.call('ping', {});
    await link.close();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ done: true, value: undefined })));
  });

  it('leaves no subscription behind where it ends before the answer has come', async () => {
    let answer: () => void = () => {};
    const asked = new Promise<void>((told) => {
      answered = () => {
        told();
        return new Promise<void>((resolve) => (answer = resolve));
      };
    });
    const stream = follow();
    await asked;
    await stream.return();
    await expect(stream.ready).rejects.toThrow('the stream was ended');
    expect(zone.subscriptions).toBe(1);
    answer();
    // The answer is read before that of the first call, and what is sent upon it before the second call.
    for (let n = 0; n < 2; n++) await link.call('ping', {});
    expect(zone.subscriptions).toBe(0);
  });

  it('holds on to no signal of the caller once it has ended', async () => {
    const { signal } = new AbortController();
    const returned = follow({ signal });
    await returned.return();
    failure = fail('cloneNotFound', { who: 'x.1', known: [] });
    await expect(follow({ signal }).next()).rejects.toMatchObject({ kind: 'cloneNotFound' });
    const closed = follow({ signal });
    await link.close();
    expect(await closed.next()).toEqual({ done: true, value: undefined });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends a loop that is left, and its subscription with it', async () => {
    zone.publish();
    for await (const event of follow({ from: 'start' })) {
      expect(event.cursor.seq).toBe(1);
      break;
    }
    while (zone.subscriptions > 0) await link.call('ping', {});
    expect(zone.calls.get('event/unsubscribe')).toBe(1);
  });
});
