import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Stream, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { history, nextEvent } from '../support/events.js';
import { shown } from '../support/shown.js';

let zone: DaemonZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterAll(() => zone[Symbol.asyncDispose]());

let roles = 0;
const enroll = (): Promise<Clone> => khlone.clone.enroll({ role: `role-${++roles}`, brain: 'demo' });
const act = (who: string, say: string): Promise<Task> => khlone.clone.act({ who, say });
const wait = async (task: { readonly id: string }): Promise<string | undefined> =>
  (await khlone.task.wait({ task: task.id })).result?.text;
const talk = (who: string): Promise<Stream> =>
  khlone.stream.attach({ who, mode: 'talk', cols: 60, rows: 20 });
const stateOf = async (who: string): Promise<string> => {
  const { status, posture } = await khlone.clone.get({ who });
  return `${status} ${posture}`;
};

/** Waits for an event of a clone, from the beginning of the zone on. */
async function event<T extends Event['type']>(
  type: T,
  fits: (event: Extract<Event, { type: T }>) => boolean,
): Promise<void> {
  const events = khlone.events({ from: 'start', types: [type] });
  await nextEvent(events, type, fits);
  await events.return();
}
const told = (who: string, text: string): Promise<void> =>
  event('message.completed', (found) => found.clone === who && found.text.includes(text));
const isNow = (who: string, state: string): Promise<void> =>
  event('clone.status', (found) => found.clone === who && `${found.status} ${found.posture}` === state);

/** What was said at the terminal of a clone, in order. */
const words = async (who: string): Promise<string[]> =>
  (await history(khlone)).flatMap((found) => {
    if (found.type === 'message.typed' && found.clone === who) return [`> ${found.text}`];
    const isSaid = found.type === 'message.completed' && found.clone === who && found.task === undefined;
    return isSaid ? [found.text] : [];
  });

describe('a conversation with the demo', () => {
  it('goes from dispatch to the terminal and back, and is told in the history', async () => {
    const { name } = await enroll();
    await wait(await act(name, 'remember the apple'));
    let task: Task;
    {
      await using stream = await talk(name);
      await shown(khlone, name, /a script and not a model[^]*> remember the apple/);
      expect(await stateOf(name)).toBe('talking talk');
      await stream.write('remember the pear\r');
      await told(name, 'I will remember: the pear');
      task = await act(name, 'recall');
      expect((await khlone.task.get({ task: task.id })).status).toBe('queued');
    }
    expect(await wait(task)).toBe('I remember: the apple, the pear');
    expect(await words(name)).toEqual(['> remember the pear', 'I will remember: the pear']);
  });

  it('lives on in its terminal when everybody has left, and ends there by /exit', async () => {
    const { name } = await enroll();
    let run = '';
    {
      await using stream = await talk(name);
      run = stream.run;
      await stream.write('hello\r');
      await told(name, 'You said: hello');
    }
    await isNow(name, 'idle talk');
    await using stream = await talk(name);
    expect(stream.run).toBe(run);
    await shown(khlone, name, /You said:\s+hello/);
    await stream.write('/exit\r');
    for await (const _ of stream);
    expect(await stream.ended).toMatchObject({ reason: 'exited', exit: { code: 0 } });
    await isNow(name, 'idle off');
  });

  it('works on at a turn whoever leaves, and a task waits for its end', async () => {
    const { name } = await enroll();
    {
      await using stream = await talk(name);
      await stream.write('slow 1500\r');
      await shown(khlone, name, /Working\./);
    }
    const task = await act(name, 'hello');
    expect(await wait(task)).toContain('You said: hello');
    const order = (await history(khlone)).flatMap((found) => {
      if (found.type === 'message.completed' && found.clone === name) return [found.text];
      return found.type === 'task.started' && found.task === task.id ? ['start'] : [];
    });
    expect(order.slice(0, 3)).toEqual([
      'The demo takes its time, word by word, because it was told to be slow.',
      'That was slow.',
      'start',
    ]);
  });

  it('is interrupted at its terminal as anywhere, and can be told to sleep', async () => {
    const { name } = await enroll();
    await using stream = await talk(name);
    await stream.write('hang\r');
    // Known once its transcript was read, a moment after its screen shows it.
    await event('message.typed', (found) => found.clone === name);
    await khlone.clone.interrupt({ who: name });
    await shown(khlone, name, /Interrupted\./);
    await khlone.clone.hibernate({ who: name });
    for await (const _ of stream);
    expect((await stream.ended).reason).toBe('posture');
    expect(await stateOf(name)).toBe('off off');
  });

  it('follows the size of whoever talks, and draws anew', async () => {
    const { name } = await enroll();
    await using stream = await talk(name);
    await stream.write('hello\r');
    await shown(khlone, name, /You said:\s+hello/);
    await stream.resize({ cols: 30, rows: 8 });
    const text = await shown(khlone, name, /^.{0,30}\n[^]*You\s+said:\s+hello[^]*Ready\.\n>$/);
    expect(text.split('\n')).toHaveLength(8);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(30);
  });

  it('stays in its terminal when the daemon is killed, and nothing is told twice', async () => {
    const { name } = await enroll();
    let run = '';
    {
      await using stream = await talk(name);
      run = stream.run;
      await stream.write('remember the plum\r');
      await told(name, 'I will remember: the plum');
      await stream.write('slow 4000\r');
      await shown(khlone, name, /Working\./);
    }
    await zone.kill(khlone);
    khlone = await zone.connect();
    // The first answer is true already, and a task waits for the turn.
    expect(await stateOf(name)).toBe('talking talk');
    expect((await khlone.stream.screen({ who: name })).run).toBe(run);
    const task = await act(name, 'recall');
    await told(name, 'That was slow.');
    expect(await wait(task)).toBe('I remember: the plum');
    expect(await words(name)).toEqual([
      '> remember the plum',
      'I will remember: the plum',
      '> slow 4000',
      'The demo takes its time, word by word, because it was told to be slow.',
      'That was slow.',
    ]);
  });
});
