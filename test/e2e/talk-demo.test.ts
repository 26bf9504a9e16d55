import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';
import { Seat } from '../support/seat.js';

/** The demo's own terminal under a real daemon. */
describe('a clone of the demo that is talked to', () => {
  let zone: DaemonZone;
  let khlone: Khlone;
  let who: string;

  beforeEach(async () => {
    zone = new DaemonZone();
    khlone = await zone.connect();
    ({ name: who } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' }));
  });
  afterEach(() => zone[Symbol.asyncDispose]());

  const act = async (say: string): Promise<Task> => {
    const { id } = await khlone.clone.act({ who, say });
    return khlone.task.wait({ task: id });
  };
  const sit = async (): Promise<Seat> => {
    const seat = await Seat.take(khlone, who);
    await seat.shows(/Ready/);
    return seat;
  };
  /** What was said outside of tasks, and by whom. */
  const heard = async (): Promise<string[]> =>
    (await history(khlone)).flatMap((event: Event) => {
      if (event.type === 'message.typed') return [`> ${event.text}`];
      return event.type === 'message.completed' && event.task === undefined ? [event.text] : [];
    });

  test('has one conversation, in tasks and in its terminal', async () => {
    await act('remember a plum');
    {
      await using seat = await sit();
      await seat.say('recall');
      await seat.shows(/a plum/);
      await seat.say('remember a pear');
      await seat.shows(/I will remember: a pear/);
    }
    expect((await act('recall')).result?.text).toMatch(/a plum[^]*a pear/);
    expect(await heard()).toEqual([
      '> recall',
      expect.stringContaining('a plum'),
      '> remember a pear',
      'I will remember: a pear',
    ]);
  });

  test('ends a turn in its terminal before it takes a task, or when it is interrupted', async () => {
    const seat = await sit();
    await seat.say('hang');
    await seat.shows(/Working/);
    await using events = khlone.events({ from: 'tail', types: ['clone.status'], who });
    await events.ready;
    await seat[Symbol.asyncDispose]();
    const { id } = await khlone.clone.act({ who, say: 'hello' });
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'talking', queued: 1 });
    await khlone.clone.interrupt({ who });
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done' });
    await nextEvent(events, 'clone.status', ({ posture }) => posture === 'act');
  });

  test('keeps its terminal over a kill -9 of the daemon, and tells what is said once', async () => {
    const seat = await sit();
    await seat.say('remember one');
    await seat.shows(/I will remember: one/);
    const { run } = seat.stream;
    await zone.kill(khlone);
    await seat[Symbol.asyncDispose]();
    khlone = await zone.connect();
    {
      await using again = await Seat.take(khlone, who);
      expect(again.stream.run).toBe(run);
      await again.shows(/I will remember: one/);
      await again.say('remember two');
      await again.shows(/I will remember: two/);
    }
    expect((await act('recall')).result?.text).toMatch(/one[^]*two/);
    expect(await heard()).toEqual([
      '> remember one',
      'I will remember: one',
      '> remember two',
      'I will remember: two',
    ]);
  });
});
