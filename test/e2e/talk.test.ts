import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clone, Event, Khlone, Task } from '../../client/index.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { history, nextEvent } from '../support/events.js';
import { processesWith } from '../support/processes.js';
import { say, use } from '../support/scriptedModel.js';
import { Seat } from '../support/seat.js';

/** The real terminal of Claude Code under a real daemon, on conversations that are dispatched to as well. */
describe('a clone of Claude Code that is talked to', () => {
  let zone: ClaudeZone;
  let khlone: Khlone;

  beforeAll(async () => {
    zone = await claudeZone({ tui: true });
    khlone = await zone.client();
  });

  afterAll(async () => {
    await zone[Symbol.asyncDispose]();
  });

  const enroll = async (more: object = {}): Promise<string> =>
    (await khlone.clone.enroll({ role: 'mechanic', ...more })).name;

  const act = async (who: string, text: string): Promise<Task> => {
    const { id } = await khlone.clone.act({ who, say: text });
    return khlone.task.wait({ task: id });
  };

  /** At the terminal, once it shows its prompt. */
  const sit = async (who: string, more: object = {}): Promise<Seat> => {
    const seat = await Seat.take(khlone, who, more);
    await seat.shows(/❯/);
    return seat;
  };

  /** Resolves with the clone once it is as wanted, now or later. */
  const become = async (who: string, status: Clone['status'], posture: Clone['posture']): Promise<Clone> => {
    await using events = khlone.events({ from: 'tail', types: ['clone.status'], who });
    await events.ready;
    for (;;) {
      const clone = await khlone.clone.get({ who });
      if (clone.status === status && clone.posture === posture) return clone;
      await nextEvent(events, 'clone.status');
    }
  };

  /** What was said in a clone's terminal, as its history tells it. */
  const heard = async (who: string): Promise<object[]> => {
    const said = (event: Event): object[] => {
      if (!('clone' in event) || event.clone !== who || ('task' in event && event.task !== undefined))
        return [];
      switch (event.type) {
        case 'message.typed':
          return [{ typed: event.text }];
        case 'message.completed':
          return [{ said: event.text }];
        case 'tool.started':
          return [{ started: event.name }];
        case 'tool.finished':
          return [{ finished: event.output, failed: event.failed }];
        default:
          return [];
      }
    };
    return (await history(khlone)).flatMap(said);
  };

  /** Resolves when something was said in a clone's terminal that holds a text. */
  const saidIn = async (who: string, text: string): Promise<void> => {
    await using events = khlone.events({ from: 'start', types: ['message.completed'], who });
    await nextEvent(
      events,
      'message.completed',
      (event) => event.task === undefined && event.text.includes(text),
    );
  };

  /** The processes of its brain, the oldest first. */
  const brainOf = (who: string): number[] =>
    processesWith(`KHLONE_CLONE=${who}`, `CLAUDE_CONFIG_DIR=${zone.env['CLAUDE_CONFIG_DIR']}`);

  test('knows in its terminal what it was told before, and in its next task what was typed there', async () => {
    zone.model.rule('the word is plum', say('Noted: plum.'));
    zone.model.rule('and the fruit is pear', say('Noted: pear.'));
    zone.model.rule('what do you know', say('Plum and pear.'));
    const who = await enroll();
    await act(who, 'the word is plum');

    const seat = await sit(who);
    expect(await become(who, 'talking', 'talk')).toMatchObject({ status: 'talking' });
    await seat.shows(/the word is plum[^]*Noted: plum\./);
    await seat.say('and the fruit is pear');
    await seat.shows(/Noted: pear\./);
    await saidIn(who, 'pear');
    expect(await heard(who)).toEqual([{ typed: 'and the fruit is pear' }, { said: 'Noted: pear.' }]);
    const [talking] = brainOf(who);
    const { run } = seat.stream;
    await seat[Symbol.asyncDispose]();
    await become(who, 'idle', 'talk');
    expect(brainOf(who)[0]).toBe(talking);

    const again = await sit(who);
    expect(again.stream.run).toBe(run);
    await again.shows(/Noted: pear\./);
    await again[Symbol.asyncDispose]();

    expect(await act(who, 'what do you know')).toMatchObject({
      status: 'done',
      result: { text: 'Plum and pear.' },
    });
    const asked = JSON.stringify(zone.model.requests.at(-1)?.body);
    expect(asked).toContain('the word is plum');
    expect(asked).toContain('and the fruit is pear');
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'idle', posture: 'act' });
    expect(brainOf(who)).not.toContain(talking);
  });

  test('begins its conversation in the terminal, and goes on with it in a task', async () => {
    zone.model.rule('my first words', say('Hello.'));
    zone.model.rule(
      'run something',
      use('Bash', { command: 'echo something', description: 'Echo' }),
      say('It ran.'),
    );
    zone.model.rule('go on', say('Going on.'));
    const who = await enroll();
    {
      await using seat = await sit(who);
      await seat.say('my first words');
      await seat.shows(/Hello\./);
      await seat.say('run something');
      await seat.shows(/It ran\./);
      await saidIn(who, 'It ran.');
    }
    expect(await heard(who)).toEqual([
      { typed: 'my first words' },
      { said: 'Hello.' },
      { typed: 'run something' },
      { started: 'Bash' },
      { finished: 'something', failed: false },
      { said: 'It ran.' },
    ]);
    expect(await act(who, 'go on')).toMatchObject({ status: 'done' });
    expect(JSON.stringify(zone.model.requests.at(-1)?.body)).toContain('my first words');
  });

  test('queues its tasks while somebody is there, and does them when they have left', async () => {
    zone.model.rule('queued meanwhile', say('Done at last.'));
    const who = await enroll();
    const seat = await sit(who);
    const { id } = await khlone.clone.act({ who, say: 'queued meanwhile' });
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'talking', queued: 1 });
    expect(await khlone.task.get({ task: id })).toMatchObject({ status: 'queued' });
    const watcher = await Seat.take(khlone, who, { mode: 'watch' });
    await seat[Symbol.asyncDispose]();
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'Done at last.' },
    });
    expect(await watcher.read).toMatchObject({ reason: 'posture' });
  });

  test('goes on with a turn after its talker has left, and only then does a task', async () => {
    zone.model.rule('take your time', say('one two three four five six', { pieces: 6, everyMs: 500 }));
    zone.model.rule('the next task', say('Next.'));
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('take your time');
    await seat.shows(/● one/);
    await seat[Symbol.asyncDispose]();
    const { id } = await khlone.clone.act({ who, say: 'the next task' });
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'talking', queued: 1 });
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done' });
    expect(await heard(who)).toEqual([{ typed: 'take your time' }, { said: 'one two three four five six' }]);
  });

  test('waits for a human to allow a tool, however still its terminal is', async () => {
    zone.model.rule(
      'write it',
      use('Write', { file_path: `${zone.root}/asked.txt`, content: 'x' }),
      say('Written.'),
    );
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('write it');
    await seat.shows(/Do you want to create/);
    await seat[Symbol.asyncDispose]();
    // Nobody is there to see the question: the clone's status tells of it.
    await become(who, 'waiting', 'talk');
    const { id } = await khlone.clone.act({ who, say: 'not yet' });
    const again = await Seat.take(khlone, who);
    await become(who, 'talking', 'talk');
    await again.shows(/Do you want to create/);
    expect((await khlone.task.get({ task: id })).status).toBe('queued');
    await again.press('\r');
    await again.shows(/Written\./);
    await again[Symbol.asyncDispose]();
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done' });
  });

  test('goes on with the conversation that was begun by /clear', async () => {
    zone.model.rule('this is forgotten', say('Noted.'));
    zone.model.rule('this is kept', say('Kept.'));
    zone.model.rule('what is left', say('What was kept.'));
    const who = await enroll();
    await act(who, 'this is forgotten');
    const { conversation } = await khlone.clone.get({ who });
    await using events = khlone.events({ from: 'tail', types: ['clone.updated'], who });
    await events.ready;
    {
      await using seat = await sit(who);
      await seat.say('/clear');
      const { value } = await nextEvent(events, 'clone.updated');
      expect(value.conversation).not.toBe(conversation);
      await seat.say('this is kept');
      await seat.shows(/Kept\./);
      await saidIn(who, 'Kept.');
    }
    expect(await heard(who)).toEqual([{ typed: '/clear' }, { typed: 'this is kept' }, { said: 'Kept.' }]);
    expect(await act(who, 'what is left')).toMatchObject({ status: 'done' });
    const asked = JSON.stringify(zone.model.requests.at(-1)?.body);
    expect(asked).toContain('this is kept');
    expect(asked).not.toContain('this is forgotten');
  });

  test('begins anew in a task after nothing but /clear', async () => {
    const who = await enroll();
    await act(who, 'this is forgotten');
    await using events = khlone.events({ from: 'tail', types: ['clone.updated'], who });
    await events.ready;
    {
      await using seat = await sit(who);
      await seat.say('/clear');
      await nextEvent(events, 'clone.updated');
    }
    expect(await act(who, 'what is left')).toMatchObject({ status: 'done' });
    expect(JSON.stringify(zone.model.requests.at(-1)?.body)).not.toContain('this is forgotten');
  });

  test('is ended by /exit, and ready', async () => {
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('/exit');
    expect(await seat.read).toEqual({ reason: 'exited', exit: { code: 0 } });
    expect(await become(who, 'idle', 'off')).toMatchObject({ queued: 0 });
    expect(brainOf(who)).toEqual([]);
    const again = await sit(who);
    expect(again.stream.run).not.toBe(seat.stream.run);
    await again.say('/exit');
    await again.read;
    // Nothing was ever said there: the conversation begins with this task.
    expect(await act(who, 'now begin')).toMatchObject({ status: 'done' });
  });

  test('sleeps when it is told to, and is woken by a task', async () => {
    zone.model.rule('wake up', say('Awake.'));
    const who = await enroll();
    const seat = await sit(who);
    expect(await khlone.clone.hibernate({ who })).toMatchObject({ status: 'off', posture: 'off' });
    expect(await seat.read).toMatchObject({ reason: 'posture' });
    expect(brainOf(who)).toEqual([]);
    expect(await act(who, 'wake up')).toMatchObject({ status: 'done' });
  });

  test('lets a running task end before somebody gets the terminal, or refuses them, or is interrupted', async () => {
    zone.model.rule('work a while', say('a b c d', { pieces: 4, everyMs: 300 }));
    zone.model.rule('work for ever', { hang: true });
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'work a while' });
    await zone.model.seen('work a while');
    await expect(khlone.stream.attach({ who, mode: 'talk', wait: false })).rejects.toMatchObject({
      kind: 'cloneBusy',
      details: { clone: who, task: id },
    });
    const seat = await sit(who);
    expect(await khlone.task.get({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'a b c d' },
    });
    await seat[Symbol.asyncDispose]();

    const endless = await khlone.clone.act({ who, say: 'work for ever' });
    await zone.model.seen('work for ever');
    await using now = await sit(who, { now: true });
    expect(now.screen()).toContain('work a while');
    const { status, error } = await khlone.task.get({ task: endless.id });
    expect([status, error?.message]).toEqual(['interrupted', expect.stringContaining('came to talk')]);
  });

  test('ends the turn in its terminal when it is interrupted', async () => {
    zone.model.rule('talk for ever', { hang: true });
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('talk for ever');
    await seat.shows(/esc to interrupt/);
    await zone.model.seen('talk for ever');
    await khlone.clone.interrupt({ who });
    await seat.shows(/^❯ talk for ever\s*$/m);
    await seat[Symbol.asyncDispose]();
    expect(await become(who, 'idle', 'talk')).toMatchObject({ queued: 0 });
  });

  test('is known to be in the middle of a turn by the daemon after one that was killed', async () => {
    zone.model.rule('a long turn', { hang: true });
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('a long turn');
    await seat.shows(/esc to interrupt/);
    await zone.model.seen('a long turn');
    await seat[Symbol.asyncDispose]();
    await zone.killDaemon(khlone);

    khlone = await zone.client();
    // The first answer is true already, and nobody is there but the program.
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'talking', posture: 'talk' });
    await khlone.clone.interrupt({ who });
    await become(who, 'idle', 'talk');
  });

  test('is the same terminal after a kill -9 of the daemon, and what is said is in the history once', async () => {
    zone.model.rule('before the kill', say('Before.'));
    zone.model.rule('during the gap', say('x y z during', { pieces: 4, everyMs: 700 }));
    zone.model.rule('after the kill', say('After.'));
    const who = await enroll();
    const seat = await sit(who);
    await seat.say('before the kill');
    await seat.shows(/Before\./);
    await saidIn(who, 'Before.');
    await seat.say('during the gap');
    await seat.shows(/● x/);
    const { run } = seat.stream;
    const [talking] = brainOf(who);
    await zone.killDaemon(khlone);
    await seat[Symbol.asyncDispose]();

    khlone = await zone.client();
    const again = await sit(who);
    expect(again.stream.run).toBe(run);
    expect(brainOf(who)[0]).toBe(talking);
    await again.shows(/Before\.[^]*x y z during/);
    await again.say('after the kill');
    await again.shows(/After\./);
    await saidIn(who, 'After.');
    expect(await heard(who)).toEqual([
      { typed: 'before the kill' },
      { said: 'Before.' },
      { typed: 'during the gap' },
      { said: 'x y z during' },
      { typed: 'after the kill' },
      { said: 'After.' },
    ]);
    await again[Symbol.asyncDispose]();
    await become(who, 'idle', 'talk');
    expect(await act(who, 'go on')).toMatchObject({ status: 'done' });
  });
});
