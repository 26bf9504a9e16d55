import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../daemon/rpc/call.js';
import { eventService } from '../../../../daemon/services/events.js';
import type { Params, Result } from '../../../../protocol/table.js';
import { CloneStage } from '../../../support/cloneStage.js';

let stage: CloneStage;
let service: ReturnType<typeof eventService>;
beforeEach(() => {
  stage = new CloneStage();
  stage.clone();
  stage.clone({ name: 'mechanic.2', number: 2 });
  service = eventService({ log: stage.state.log, directory: stage.directory });
});
afterEach(async () => {
  await stage.close();
  stage[Symbol.dispose]();
});

const fill = (count: number, reason = 'r', clone = 'mechanic.1'): void =>
  stage.state.log.commit((tx) => {
    for (let i = 0; i < count; i++) tx.append({ type: 'brain.fault', clone, reason });
  });
// Reading needs nothing of the connection.
const context = {} as CallContext;
const read = (params: Params<'event/read'>): Promise<Result<'event/read'>> =>
  service['event/read'](params, context);
const numbers = (page: Result<'event/read'>): number[] => page.events.map(({ cursor }) => cursor.seq);

describe('event/read', () => {
  it('gives a page forward and the place of the next', async () => {
    fill(5);
    const first = await read({ from: 'start', limit: 3 });
    expect([numbers(first), first.next, first.more]).toEqual([[1, 2, 3], { epoch: 1, seq: 3 }, true]);
    const last = await read({ from: first.next, limit: 3 });
    expect([numbers(last), last.next, last.more]).toEqual([[4, 5], { epoch: 1, seq: 5 }, false]);
    const none = await read({ from: last.next });
    expect([numbers(none), none.next, none.more]).toEqual([[], { epoch: 1, seq: 5 }, false]);
  });

  it('gives a page backward, the newest first', async () => {
    fill(5);
    const first = await read({ from: 'tail', direction: 'backward', limit: 3 });
    expect([numbers(first), first.more]).toEqual([[5, 4, 3], true]);
    const last = await read({ from: first.next, direction: 'backward', limit: 3 });
    expect([numbers(last), last.more]).toEqual([[2, 1], false]);
    expect((await read({ from: last.next, direction: 'backward' })).events).toEqual([]);
  });

  it('says that there is no more where the page is just full', async () => {
    fill(3);
    expect((await read({ from: 'start', limit: 3 })).more).toBe(false);
    expect((await read({ from: 'tail', direction: 'backward', limit: 3 })).more).toBe(false);
  });

  it('does not make a reader with a filter look twice at what is not for it', async () => {
    fill(2, 'r', 'mechanic.2');
    fill(3);
    const page = await read({ from: 'start', who: 'mechanic.2' });
    expect([numbers(page), page.next]).toEqual([[1, 2], { epoch: 1, seq: 5 }]);
  });

  it('keeps a page of long events within a frame, and gives at least one', async () => {
    fill(4, 'x'.repeat(400_000));
    fill(1, 'x'.repeat(1_500_000));
    const first = await read({ from: 'start' });
    expect([numbers(first), first.more]).toEqual([[1, 2], true]);
    const second = await read({ from: first.next });
    expect(numbers(second)).toEqual([3, 4]);
    expect(numbers(await read({ from: second.next }))).toEqual([5]);
  });

  it('tells what of the history is gone', async () => {
    fill(10);
    stage.state.store.transact(() => stage.state.store.events.prune(6));
    const page = await read({ from: { epoch: 1, seq: 2 } });
    expect(page.gap).toEqual({ from: { epoch: 1, seq: 2 }, to: { epoch: 1, seq: 6 } });
    expect(numbers(page)).toEqual([7, 8, 9, 10]);
    expect(await read({ from: 'start' })).not.toHaveProperty('gap');
  });

  it('knows no clone that is not there', async () => {
    await expect(read({ from: 'start', who: 'nobody' })).rejects.toThrow(
      expect.objectContaining({ kind: 'cloneNotFound' }) as Error,
    );
  });
});
