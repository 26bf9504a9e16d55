import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../../../daemon/events/log.js';
import type { Event } from '../../../../protocol/shapes/event.js';
import { cloneRecord, ZoneState } from '../../../support/zoneState.js';

let state: ZoneState;
beforeEach(() => {
  state = new ZoneState();
});
afterEach(() => {
  vi.useRealTimers();
  state[Symbol.dispose]();
});

const fault = (reason: string): NewEvent => ({ type: 'brain.fault', clone: 'mechanic.1', reason });
const delta = (text: string): NewEvent => ({
  type: 'message.delta',
  clone: 'mechanic.1',
  task: 't_1',
  message: 'm',
  offset: 0,
  text,
});
const told = (events: readonly Event[]): string[] =>
  events.map((event) =>
    event.type === 'brain.fault' ? event.reason : event.type === 'message.delta' ? event.text : event.type,
  );
const stored = (): Event[] =>
  [...state.log.read({ from: 0, direction: 'forward', limit: 100_000 })].map(({ event }) => event);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('commit', () => {
  it('puts the writes and their events on disk together, numbered on', () => {
    state.log.commit((tx) => {
      state.store.clones.insert(cloneRecord());
      tx.append(fault('one'));
      tx.append(fault('two'));
    });
    state.reopen();
    expect(state.store.clones.all()).toHaveLength(1);
    state.log.commit((tx) => tx.append(fault('three')));
    expect(stored().map(({ cursor }) => cursor)).toEqual([
      { epoch: 1, seq: 1 },
      { epoch: 1, seq: 2 },
      { epoch: 2, seq: 3 },
    ]);
    expect(state.log.cursor).toEqual({ epoch: 2, seq: 3 });
  });

  it('changes nothing when its work throws, and gives the number to the next', () => {
    const changes: string[] = [];
    expect(() =>
      state.log.commit((tx) => {
        state.store.clones.insert(cloneRecord());
        tx.append(fault('lost'));
        tx.after(() => changes.push('lost'));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([state.store.clones.all(), stored(), state.published, changes]).toEqual([[], [], [], []]);
    expect(state.log.cursor.seq).toBe(0);
    state.log.commit((tx) => tx.append(fault('kept')));
    expect(stored().map(({ cursor }) => cursor.seq)).toEqual([1]);
  });

  it('publishes only what is on disk, after what is held in memory has changed', () => {
    const order: string[] = [];
    const store = state.store;
    const transact = store.transact.bind(store);
    store.transact = (work) => {
      const result = transact(work);
      order.push('on disk');
      return result;
    };
    state.log.onPublished(() => order.push('published'));
    const result = state.log.commit((tx) => {
      tx.after(() => order.push('memory'));
      tx.append(fault('one'));
      return 'answer';
    });
    expect(result).toBe('answer');
    expect(order).toEqual(['on disk', 'memory', 'published']);
  });

  it('publishes one commit at a time, also where a listener commits', () => {
    const heard: string[] = [];
    state.log.onPublished((events) => {
      if (told(events).includes('one')) {
        state.log.commit((tx) => tx.append(fault('two')));
        state.log.live(delta('three'));
      }
    });
    state.log.onPublished((events) => heard.push(told(events).join()));
    state.log.commit((tx) => tx.append(fault('one')));
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('is never inside another, and that undoes the outer one', () => {
    expect(() =>
      state.log.commit((tx) => {
        tx.append(fault('outer'));
        state.log.commit((inner) => inner.append(fault('inner')));
      }),
    ).toThrow('a commit inside a commit');
    expect(stored()).toEqual([]);
    state.log.commit((tx) => tx.append(fault('after')));
    expect(told(stored())).toEqual(['after']);
  });

  it('goes round all listeners, whatever one of them does', () => {
    const heard: string[] = [];
    state.log.onPublished(() => {
      throw new Error('a listener');
    });
    state.log.onPublished((events) => heard.push(...told(events)));
    state.log.commit((tx) => tx.append(fault('one')));
    expect(heard).toEqual(['one']);
    expect(state.unexpected).toEqual([expect.objectContaining({ message: 'a listener' })]);
  });
});

describe('observe and live', () => {
  it('keep one order with what is committed', async () => {
    state.log.observe(fault('one'));
    state.log.observe(fault('two'));
    expect(state.published).toEqual([]);
    state.log.live(delta('three'));
    state.log.observe(fault('four'));
    state.log.commit((tx) => tx.append(fault('five')));
    state.log.observe(fault('six'));
    await turn();
    expect(told(state.published)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
    expect(told(stored())).toEqual(['one', 'two', 'four', 'five', 'six']);
    expect(state.of('message.delta').map(({ cursor }) => cursor)).toEqual([{ epoch: 1, seq: 2 }]);
  });

  it('stores what is observed together within a turn in one transaction', async () => {
    const transact = vi.spyOn(state.store, 'transact');
    for (let i = 0; i < 100; i++) state.log.observe(fault(String(i)));
    await turn();
    expect(transact).toHaveBeenCalledTimes(1);
    expect(stored()).toHaveLength(100);
  });

  it('stores at the end what still waits', () => {
    state.log.observe(fault('last'));
    state.log.flush();
    state.reopen();
    expect(told(stored())).toEqual(['last']);
  });

  it('keeps what is observed when a transaction that carries it fails', async () => {
    state.log.observe(fault('seen'));
    expect(() =>
      state.log.commit(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    await turn();
    expect(told(stored())).toEqual(['seen']);
  });

  it('tries again when the disk refuses, loses nothing, and does not try for every piece of text', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const works = state.refuse();
    state.log.observe(fault('one'));
    await turn();
    expect(state.unexpected).toHaveLength(1);
    for (let i = 0; i < 50; i++) state.log.live(delta('live'));
    expect(state.unexpected).toHaveLength(1);
    expect(told(state.published)).toEqual(Array.from({ length: 50 }, () => 'live'));
    works();
    state.log.observe(fault('two'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(told(stored())).toEqual(['one', 'two']);
    expect(state.published.slice(-2).map(({ cursor }) => cursor.seq)).toEqual([1, 2]);
  });

  it('lets the oldest go where a disk refuses for too long', () => {
    const works = state.refuse();
    for (let i = 0; i < 20_005; i++) state.log.observe(fault(String(i)));
    works();
    state.log.flush();
    const kept = told(stored());
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([20_000, '5', '20004']);
  });
});

describe('the bounds of the history', () => {
  const fill = (count: number, text = 'x'): void => {
    for (let i = 0; i < count; i += 128) {
      state.log.commit((tx) => {
        for (let k = i; k < Math.min(count, i + 128); k++) tx.append(fault(text));
      });
    }
  };

  it('forget the oldest past a number of events', () => {
    state[Symbol.dispose]();
    state = new ZoneState({ events: 1000, bytes: 2 ** 40 });
    fill(4096);
    expect(state.log.oldest).toBe(3097);
    expect(stored()).toHaveLength(1000);
    expect(state.log.cursor.seq).toBe(4096);
  });

  it('forget the oldest past a number of bytes', () => {
    state[Symbol.dispose]();
    state = new ZoneState({ events: 1_000_000, bytes: 1_000_000 });
    fill(1024, 'x'.repeat(2000));
    expect(state.log.oldest).toBe(53);
  });

  it('keep the event where the disk refuses to forget', () => {
    state[Symbol.dispose]();
    state = new ZoneState({ events: 10, bytes: 2 ** 40 });
    const prune = vi.spyOn(state.store.events, 'prune').mockImplementation(() => {
      throw new Error('no');
    });
    fill(1024);
    expect(prune).toHaveBeenCalled();
    expect(state.log.oldest).toBe(1);
    expect(state.published).toHaveLength(1024);
  });
});
