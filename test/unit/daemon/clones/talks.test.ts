import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TalkHold } from '../../../../daemon/clones/talk.js';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, settle, stopBy, wish } from '../../../support/cloneStage.js';
import { busy, type FakeBrain } from '../../../support/fakeBrain.js';

let stage: CloneStage;
beforeEach(() => {
  stage = new CloneStage();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});

/** The last one has left, and some time has passed. */
async function leave(hold: TalkHold): Promise<void> {
  hold.dispose();
  await vi.advanceTimersByTimeAsync(500);
  await settle();
}

const nth = (n: number): FakeBrain => stage.supplier.nth(n);

describe('somebody who comes to talk', () => {
  it('gets the terminal of a clone that is off, in the size asked for', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish({ size: { cols: 90, rows: 30 } }));
    expect(hold.terminal).toBe(nth(0).terminal);
    expect(nth(0).spec).toMatchObject({ posture: 'talk', begun: false });
    expect(nth(0).fakeTerminal?.size).toEqual({ cols: 90, rows: 30 });
    await stage.status(runner, 'talking');
    expect(runner.view()).toMatchObject({ status: 'talking', posture: 'talk' });
    expect(runner.terminal).toBe(hold.terminal);
    expect([stage.statuses(), stage.postures()]).toEqual([
      ['starting', 'talking'],
      ['talk', 'talk'],
    ]);
  });

  it('ends the process at rest first, and goes on with its conversation', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    await runner.talk(wish());
    // The supplier itself throws where two are alive.
    expect(stage.supplier.brains.map(({ spec }) => [spec.posture, spec.begun])).toEqual([
      ['act', false],
      ['talk', true],
    ]);
    expect(nth(0).spec.conversation).toBe(nth(1).spec.conversation);
  });

  it('finds the terminal as the one before left it', async () => {
    const runner = stage.clone();
    await leave(await runner.talk(wish()));
    const hold = await runner.talk(wish());
    expect(hold.terminal).toBe(nth(0).terminal);
    expect(stage.supplier.brains).toHaveLength(1);
    expect(stage.statuses()).toEqual(['starting', 'talking', 'idle', 'talking']);
  });

  it('gets another one where the clone was changed while nobody was there, and not before', async () => {
    const runner = stage.clone();
    const first = await runner.talk(wish());
    runner.update({ model: 'big' });
    expect((await runner.talk(wish())).terminal).toBe(first.terminal);
    nth(0).die();
    await settle();
    await leave(await runner.talk(wish()));
    runner.update({ model: 'small' });
    await runner.talk(wish());
    expect(stage.supplier.brains.map(({ spec }) => spec.model)).toEqual([undefined, 'big', 'small']);
  });

  it('is not alone: all who wait get the same terminal', async () => {
    const runner = stage.clone();
    const holds = await Promise.all([
      runner.talk(wish()),
      runner.talk(wish({ size: { cols: 80, rows: 24 } })),
      runner.talk(wish()),
    ]);
    expect(new Set(holds.map(({ terminal }) => terminal)).size).toBe(1);
    expect(nth(0).fakeTerminal?.size).toEqual({ cols: 80, rows: 24 });
    holds[0].dispose();
    holds[0].dispose();
    await leave(holds[1]);
    expect(runner.state).toBe('talking');
    await leave(holds[2]);
    expect(runner.state).toBe('idle');
  });

  it.each([
    ['cannot talk', { kind: 'capabilityMissing', details: { brain: 'fake', capability: 'talk' } }],
    ['misses a variable', { kind: 'environmentMissing' }],
    ['is parked', { kind: 'cloneFailed' }],
    ['is retired', { kind: 'cloneRetired' }],
    ['ends with its daemon', { kind: 'shuttingDown' }],
  ])('is refused by a clone that %s', async (why, error) => {
    const parked = { failure: { failures: 5, reason: 'x' } };
    const runner = stage.clone({
      ...(why === 'misses a variable' && { secrets: ['API_KEY'] }),
      ...(why === 'is parked' && parked),
    });
    if (why === 'cannot talk') Object.assign(stage.supplier.capabilities, { talk: false });
    if (why === 'is retired') await runner.retire(stopBy('cancel'));
    if (why === 'ends with its daemon') await runner.close(false);
    await expect(runner.talk(wish())).rejects.toMatchObject(error);
    expect(stage.supplier.brains).toEqual([]);
  });

  it('hears why there is no terminal, and the clone is as healthy as before', async () => {
    const runner = stage.clone();
    stage.supplier.refusal = fail('brainMissing', { brain: 'fake', program: 'fake', install: 'no way' });
    for (let time = 0; time < 6; time++) {
      await expect(runner.talk(wish())).rejects.toMatchObject({ kind: 'brainMissing' });
    }
    stage.supplier.refusal = new Error('EMFILE');
    await expect(runner.talk(wish())).rejects.toMatchObject({ kind: 'brainError' });
    await settle();
    expect(runner.state).toBe('off');
    stage.supplier.refusal = undefined;
    expect((await stage.end(stage.give('a'))).status).toBe('done');
  });

  it('hears that the disk refuses, and may come again', async () => {
    const runner = stage.clone();
    const works = stage.state.refuse();
    await expect(runner.talk(wish())).rejects.toMatchObject({ kind: 'storageFailed' });
    works();
    await runner.talk(wish());
    await stage.status(runner, 'talking');
  });

  it('may change their mind, and nothing was', async () => {
    const runner = stage.clone();
    const gone = new AbortController();
    gone.abort();
    await expect(runner.talk(wish({ signal: gone.signal }))).rejects.toMatchObject({ kind: 'cancelled' });
    await settle();
    expect([stage.supplier.brains, stage.statuses()]).toEqual([[], []]);
  });

  it('and left while the terminal was being opened leaves it open, at rest', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const gone = new AbortController();
    const hold = runner.talk(wish({ signal: gone.signal }));
    await stage.status(runner, 'starting');
    gone.abort();
    await expect(hold).rejects.toMatchObject({ kind: 'cancelled' });
    held.open();
    await stage.status(runner, 'idle');
    expect(runner.view().posture).toBe('talk');
  });
});

describe('somebody who comes to a clone at work', () => {
  it('waits for the turn, before all that is queued', async () => {
    const { runner, brain, task } = await stage.working();
    const next = stage.give('b');
    const hold = runner.talk(wish());
    await settle();
    expect([runner.state, brain.interrupts]).toEqual(['working', 0]);
    brain.finish({ status: 'done', text: 'ready' });
    const { terminal } = await hold;
    expect(terminal).toBe(nth(1).terminal);
    expect(stage.stored(task).status).toBe('done');
    expect(stage.stored(next).status).toBe('queued');
  });

  it('is told which task it is, where they do not wait', async () => {
    const { runner, task } = await stage.working();
    await expect(runner.talk(wish({ wait: false }))).rejects.toMatchObject({
      kind: 'cloneBusy',
      details: { clone: 'mechanic.1', task: task.id },
    });
    expect(runner.state).toBe('working');
  });

  it('interrupts it where they must come now, and the task says why', async () => {
    const { runner, brain, task } = await stage.working();
    await runner.talk(wish({ now: true, wait: false }));
    expect(brain.interrupts).toBe(1);
    expect(stage.stored(task)).toMatchObject({
      status: 'interrupted',
      error: { kind: 'taskInterrupted', message: expect.stringContaining('came to talk') as string },
    });
  });

  it('leaves no trace where they do not wait to the end', async () => {
    const { runner, brain } = await stage.working();
    const gone = new AbortController();
    const hold = runner.talk(wish({ signal: gone.signal }));
    gone.abort();
    await expect(hold).rejects.toMatchObject({ kind: 'cancelled' });
    const next = stage.give('b');
    brain.finish({ status: 'done', text: '' });
    expect((await stage.end(next)).status).toBe('done');
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('hears that it was parked by its task', async () => {
    const runner = stage.clone();
    stage.supplier.script = (brain) => brain.die();
    for (let time = 0; time < 4; time++) {
      const task = stage.give('a');
      await vi.advanceTimersByTimeAsync(60_000);
      await stage.end(task);
    }
    stage.supplier.script = busy;
    stage.give('a');
    await vi.advanceTimersByTimeAsync(60_000);
    await stage.status(runner, 'working');
    const hold = runner.talk(wish());
    nth(4).die();
    await expect(hold).rejects.toMatchObject({ kind: 'cloneFailed' });
  });

  it('hears that it was retired meanwhile', async () => {
    const { runner } = await stage.working();
    const hold = runner.talk(wish());
    const retired = runner.retire(stopBy('cancel'));
    await expect(hold).rejects.toMatchObject({ kind: 'cloneRetired' });
    await retired;
    expect(runner.state).toBe('retired');
  });
});

describe('tasks', () => {
  it('wait while somebody talks, then end the terminal and go on with the conversation', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    const task = stage.give('a');
    await settle();
    expect([runner.state, stage.stored(task).status, runner.view().queued]).toEqual(['talking', 'queued', 1]);
    await leave(hold);
    expect(await stage.end(task)).toMatchObject({ status: 'done' });
    expect(nth(0).fakeTerminal?.endings).toEqual(['posture']);
    expect(nth(1).spec).toMatchObject({ posture: 'act', conversation: nth(0).spec.conversation });
    await stage.status(runner, 'idle');
    expect([stage.statuses(), stage.postures()]).toEqual([
      ['starting', 'talking', 'idle', 'starting', 'working', 'idle'],
      ['talk', 'talk', 'talk', 'act', 'act', 'act'],
    ]);
  });

  it('that come while the terminal is being opened wait as well', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const hold = runner.talk(wish());
    await stage.status(runner, 'starting');
    const task = stage.give('a');
    held.open();
    await leave(await hold);
    expect((await stage.end(task)).status).toBe('done');
  });

  it('wait for a turn that was begun in the terminal, though nobody is there any more', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    await leave(hold);
    const task = stage.give('a');
    await settle();
    expect([runner.state, stage.stored(task).status]).toEqual(['talking', 'queued']);
    nth(0).emit({ type: 'talk.turn', on: false });
    expect((await stage.end(task)).status).toBe('done');
  });

  it('wait for a turn that waits for a human in the terminal; it says so as long as nobody is there', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    nth(0).emit({ type: 'talk.asks', on: true });
    await settle();
    expect(runner.state).toBe('talking');
    await leave(hold);
    expect(runner.view()).toMatchObject({ status: 'waiting', posture: 'talk' });
    const back = await runner.talk(wish());
    await settle();
    expect(runner.state).toBe('talking');
    await leave(back);
    const task = stage.give('a');
    nth(0).emit({ type: 'talk.asks', on: false });
    await settle();
    expect([runner.state, stage.stored(task).status]).toEqual(['talking', 'queued']);
    nth(0).emit({ type: 'talk.turn', on: false });
    expect((await stage.end(task)).status).toBe('done');
  });

  it('take the place of a turn that has waited for a human for five minutes; without them it waits on', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    nth(0).emit({ type: 'talk.asks', on: true });
    await leave(hold);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(runner.state).toBe('waiting');
    expect((await stage.end(stage.give('a'))).status).toBe('done');
  });

  it('wait no longer than five minutes for a turn in which nothing moves', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    await leave(hold);
    const task = stage.give('a');
    await vi.advanceTimersByTimeAsync(299_000);
    nth(0).fakeTerminal?.move();
    await vi.advanceTimersByTimeAsync(300_000);
    expect([runner.state, stage.stored(task).status]).toEqual(['talking', 'queued']);
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await stage.end(task)).status).toBe('done');
  });

  it('do not pass what was typed in the last moment', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    const task = stage.give('a');
    hold.dispose();
    await vi.advanceTimersByTimeAsync(400);
    nth(0).emit({ type: 'talk.turn', on: true });
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect([runner.state, stage.stored(task).status]).toEqual(['talking', 'queued']);
  });

  it('of a pool go to a clone that nobody talks to', async () => {
    const first = stage.clone({ usedAt: 1 });
    stage.clone({ name: 'mechanic.2', number: 2, usedAt: 2 });
    await first.talk(wish());
    await settle();
    expect(first.free).toBe(false);
    expect(stage.give('a').clone).toBe('mechanic.2');
  });

  it('share the process of a brain that has nothing but its terminal', async () => {
    stage.supplier.sharesTerminal = true;
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    const hold = await runner.talk(wish());
    expect(hold.terminal).toBe(nth(0).terminal);
    const task = stage.give('b');
    await settle();
    expect([runner.state, stage.stored(task).status]).toEqual(['talking', 'queued']);
    await leave(hold);
    expect((await stage.end(task)).status).toBe('done');
    expect(stage.supplier.brains).toHaveLength(1);
    expect(nth(0).fakeTerminal?.endings).toEqual([]);
    await stage.status(runner, 'idle');
    expect(runner.view().posture).toBe('act');
  });
});

describe('a terminal at rest', () => {
  it('outlives the idle time of a process: somebody may come back to it', async () => {
    const runner = stage.clone({ limits: { idleMs: 1000 } });
    await leave(await runner.talk(wish()));
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    expect([runner.state, runner.view().posture, nth(0).isAlive()]).toEqual(['idle', 'talk', true]);
  });

  it('that is left by its exit makes the clone ready, without a process, for as long as one would be warm', async () => {
    const runner = stage.clone({ limits: { idleMs: 1000 } });
    const hold = await runner.talk(wish());
    nth(0).die();
    await settle();
    expect(runner.view()).toMatchObject({ status: 'idle', posture: 'off' });
    expect([runner.hasProcess, runner.terminal, runner.free]).toEqual([false, undefined, true]);
    await vi.advanceTimersByTimeAsync(999);
    expect(runner.state).toBe('idle');
    await vi.advanceTimersByTimeAsync(1);
    expect(runner.state).toBe('off');
    hold.dispose();
    expect(nth(0).fakeTerminal?.endings).toEqual([]);
  });

  it('that ends after everybody left does the same', async () => {
    const runner = stage.clone();
    await leave(await runner.talk(wish()));
    nth(0).die();
    await settle();
    expect(runner.view()).toMatchObject({ status: 'idle', posture: 'off' });
    expect(stage.postures().at(-1)).toBe('off');
  });

  it('lets what waited run when it is left', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    const task = stage.give('a');
    await settle();
    nth(0).die();
    expect((await stage.end(task)).status).toBe('done');
    await settle();
    expect(stage.statuses()).toEqual(['starting', 'talking', 'idle', 'starting', 'working', 'idle']);
  });

  it('lets what waited run where it ends in the middle of a turn', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    const task = stage.give('a');
    nth(0).emit({ type: 'talk.turn', on: true });
    await settle();
    // As a brain does: it is dead, has its last words heard, and is gone some time later.
    nth(0).die(async () => {
      nth(0).emit({ type: 'talk.turn', on: false });
      await settle();
    });
    expect((await stage.end(task)).status).toBe('done');
    hold.dispose();
  });

  it('can be opened again after it was left', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    nth(0).die();
    await settle();
    expect((await runner.talk(wish())).terminal).toBe(nth(1).terminal);
    await stage.status(runner, 'talking');
  });

  it('is off in the end though the disk refused to note how it was left', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await settle();
    const works = stage.state.refuse();
    nth(0).die();
    await settle();
    works();
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect(runner.view()).toMatchObject({ status: 'idle', posture: 'off' });
    expect((await stage.end(stage.give('a'))).status).toBe('done');
  });

  it('is ended with its clone, and those who look at it are told', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await runner.retire(stopBy('cancel'));
    expect([nth(0).isAlive(), nth(0).fakeTerminal?.endings]).toEqual([false, ['retired']]);
    expect(runner.view()).toMatchObject({ status: 'retired', posture: 'off' });
  });

  it('that is being opened when its clone is retired is ended', async () => {
    const runner = stage.clone();
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const hold = runner.talk(wish());
    await stage.status(runner, 'starting');
    const retired = runner.retire(stopBy('cancel'));
    await expect(hold).rejects.toMatchObject({ kind: 'cloneRetired' });
    held.open();
    await retired;
    expect([runner.state, nth(0).isAlive()]).toEqual(['retired', false]);
  });

  it('is ended with its daemon', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await runner.close(false);
    expect([nth(0).isAlive(), nth(0).fakeTerminal?.endings]).toEqual([false, ['stopping']]);
  });

  it('may end its turn first where the daemon has time, until it has not', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    const closed = runner.close(true);
    await settle();
    expect(nth(0).isAlive()).toBe(true);
    void runner.close(false);
    await closed;
    expect(nth(0).isAlive()).toBe(false);
  });
});

describe('what is said in a terminal', () => {
  it('is in the history, without a task, without secrets and no longer than is kept', async () => {
    stage.vault.put('mechanic.1', { A_KEY: 's3cr3t-value-of-the-clone' });
    const runner = stage.clone({ secrets: ['A_KEY'] });
    await runner.talk(wish());
    nth(0).emit({ type: 'message.typed', message: 'u', text: 'use s3cr3t-value-of-the-clone' });
    nth(0).emit({ type: 'tool.started', tool: 't', name: 'Read', title: 'Read a', input: { a: 1 } });
    nth(0).emit({ type: 'tool.finished', tool: 't', failed: false, output: 'x'.repeat(70_000) });
    nth(0).emit({ type: 'message.completed', message: 'm', text: 'hello' });
    nth(0).emit({ type: 'fault', reason: 'garbage' });
    const [typed, started, finished, said, fault] = await Promise.all([
      stage.state.event('message.typed'),
      stage.state.event('tool.started'),
      stage.state.event('tool.finished'),
      stage.state.event('message.completed'),
      stage.state.event('brain.fault'),
    ]);
    expect(typed).toMatchObject({ clone: 'mechanic.1', message: 'u', text: 'use [A_KEY]' });
    expect(finished).toMatchObject({ truncated: true });
    expect(said).toMatchObject({ clone: 'mechanic.1', message: 'm', text: 'hello' });
    for (const event of [typed, started, finished, said, fault]) expect(event).not.toHaveProperty('task');
  });

  it('begins the conversation: the next process goes on with it', async () => {
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    expect(stage.state.store.clones.all()[0]?.begun).toBe(false);
    nth(0).emit({ type: 'message.typed', message: 'u', text: 'hello' });
    expect(stage.state.store.clones.all()[0]?.begun).toBe(true);
    await leave(hold);
    await stage.end(stage.give('a'));
    expect(nth(1).spec.begun).toBe(true);
  });

  it('during a task is the task’s own', async () => {
    stage.supplier.sharesTerminal = true;
    const runner = stage.clone();
    await leave(await runner.talk(wish()));
    stage.supplier.script = (brain, say) => {
      brain.emit({ type: 'message.completed', message: 'm', text: say });
      brain.finish({ status: 'done', text: say });
    };
    const task = stage.give('a');
    await stage.end(task);
    await settle();
    expect(stage.state.of('message.completed')).toMatchObject([{ task: task.id }]);
  });
});

describe('a human who goes to another conversation', () => {
  const other = '00000000-0000-4000-8000-000000000001';

  it('takes the clone along: what follows goes on there', async () => {
    const runner = stage.clone({ begun: true });
    const hold = await runner.talk(wish());
    nth(0).emit({ type: 'talk.moved', conversation: other, begun: true });
    expect(await stage.state.event('clone.updated')).toMatchObject({ value: { conversation: other } });
    await leave(hold);
    // The terminal is on it already, and stays.
    await leave(await runner.talk(wish()));
    expect(stage.supplier.brains).toHaveLength(1);
    await stage.end(stage.give('a'));
    expect(nth(1).spec).toMatchObject({ conversation: other, begun: true });
    expect(stage.state.store.clones.all()[0]?.conversation).toBe(other);
  });

  it('does not take it to that of another clone', async () => {
    const own = '00000000-0000-4000-8000-000000000002';
    const runner = stage.clone({ conversation: own, begun: true });
    stage.clone({ name: 'painter.1', role: 'painter', conversation: other });
    await runner.talk(wish());
    nth(0).emit({ type: 'talk.moved', conversation: other, begun: true });
    expect(await stage.state.event('brain.fault')).toMatchObject({
      clone: 'mechanic.1',
      reason: expect.stringContaining(other) as string,
    });
    expect(runner.record.conversation).toBe(own);
  });

  it('takes it along though the disk refuses for a while', async () => {
    const runner = stage.clone({ begun: true });
    await runner.talk(wish());
    await settle();
    const works = stage.state.refuse();
    nth(0).emit({ type: 'talk.moved', conversation: other, begun: true });
    works();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runner.record.conversation).toBe(other);
  });
});

describe('an interrupt of a clone that talks', () => {
  it('ends the turn that is on there, and nothing where none is', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await runner.interrupt(stopBy('interrupt'));
    expect(nth(0).interrupts).toBe(0);
    nth(0).emit({ type: 'talk.turn', on: true });
    await runner.interrupt(stopBy('interrupt'));
    expect([nth(0).interrupts, nth(0).isAlive()]).toEqual([1, true]);
  });
});
