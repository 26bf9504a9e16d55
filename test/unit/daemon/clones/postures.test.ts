import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HeldTerminal } from '../../../../daemon/holder/contract.js';
import { CloneStage, settle, stopBy, wish } from '../../../support/cloneStage.js';
import type { FakeBrain } from '../../../support/fakeBrain.js';

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

const nth = (n: number): FakeBrain => stage.supplier.nth(n);

describe('hibernation', () => {
  it('ends the process at rest, and the next task starts another', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await runner.hibernate({ now: false });
    expect([runner.state, nth(0).isAlive()]).toEqual(['off', false]);
    expect((await stage.end(stage.give('b'))).status).toBe('done');
    expect(nth(1).spec.begun).toBe(true);
  });

  it('ends a terminal, though somebody is there', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    await runner.hibernate({ now: false });
    expect([runner.state, nth(0).fakeTerminal?.endings]).toEqual(['off', ['posture']]);
    expect(stage.statuses()).toEqual(['starting', 'talking', 'off']);
  });

  it('of a clone that is off, left or parked does nothing but that', async () => {
    const runner = stage.clone();
    await runner.hibernate({ now: false });
    expect(stage.statuses()).toEqual([]);
    await runner.talk(wish());
    nth(0).die();
    await settle();
    await runner.hibernate({ now: false });
    expect(runner.state).toBe('off');
    const parked = stage.clone({ name: 'mechanic.2', number: 2, failure: { failures: 5, reason: 'x' } });
    await parked.hibernate({ now: true });
    expect(parked.state).toBe('failed');
  });

  it('waits for a running task, and goes on with the queue after', async () => {
    const { runner, brain } = await stage.working();
    const next = stage.give('b');
    const asleep = runner.hibernate({ now: false });
    await settle();
    expect([brain.isAlive(), brain.interrupts]).toEqual([true, 0]);
    brain.finish({ status: 'done', text: '' });
    await asleep;
    expect(brain.isAlive()).toBe(false);
    expect((await stage.end(next)).status).toBe('done');
    expect(nth(1).said).toEqual(['b']);
  });

  it('interrupts a running task where it must be now', async () => {
    const { runner, brain, task } = await stage.working();
    await runner.hibernate({ now: true });
    expect([brain.isAlive(), stage.stored(task).status]).toEqual([false, 'interrupted']);
  });

  it('waits for a turn in the terminal, unless it must be now', async () => {
    const runner = stage.clone();
    await runner.talk(wish());
    nth(0).emit({ type: 'talk.turn', on: true });
    const asleep = runner.hibernate({ now: false });
    await settle();
    expect(nth(0).isAlive()).toBe(true);
    nth(0).emit({ type: 'talk.turn', on: false });
    await asleep;
    expect(runner.state).toBe('off');

    await runner.talk(wish());
    nth(1).emit({ type: 'talk.turn', on: true });
    await runner.hibernate({ now: true });
    expect(nth(1).isAlive()).toBe(false);
  });

  it('says so where the disk refuses to note it', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    const works = stage.state.refuse();
    await expect(runner.hibernate({ now: false })).rejects.toMatchObject({ kind: 'storageFailed' });
    works();
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect(runner.state).toBe('off');
  });

  it('is over with the clone', async () => {
    const { runner } = await stage.working();
    const asleep = runner.hibernate({ now: false });
    await runner.retire(stopBy('cancel'));
    await asleep;
    expect(runner.state).toBe('retired');
  });
});

describe('a terminal that an earlier daemon left', () => {
  const of = (pid: number): HeldTerminal =>
    ({ size: { cols: 80, rows: 24 }, identity: { pid } }) as unknown as HeldTerminal;
  const held = of(process.pid);

  it.runIf(process.platform === 'linux')('tells no secret that its program was started with', async () => {
    const env = { FAKE_TOKEN: 'hush-hush-hush', PLAIN: 'heard-by-all' };
    const program = spawn('/bin/sleep', ['60'], { env });
    await once(program, 'spawn');
    try {
      const runner = stage.clone({ begun: true, secrets: ['FAKE_TOKEN'] });
      expect(await runner.adopt(of(program.pid ?? 0), () => false)).toBe(true);
      nth(0).emit({ type: 'message.typed', message: 'u1', text: 'hush-hush-hush heard-by-all' });
      stage.state.log.flush();
      const told = [...stage.state.log.read({ from: 0, direction: 'forward', limit: 100 })];
      const texts = told.flatMap(({ event }) => (event.type === 'message.typed' ? [event.text] : []));
      expect(texts).toEqual([expect.stringMatching(/^(?!.*hush).*FAKE_TOKEN.* heard-by-all$/)]);
      // It is nothing that the clone could be given.
      expect(runner.missing).toEqual(['FAKE_TOKEN']);
    } finally {
      program.kill('SIGKILL');
      await once(program, 'exit');
    }
  });

  it('is taken up at rest, and found by who comes to it', async () => {
    const ready = stage.gate();
    const runner = stage.clone({ begun: true }, ready.promise);
    expect(await runner.adopt(held, () => false)).toBe(true);
    ready.open();
    await settle();
    expect(runner.view()).toMatchObject({ status: 'idle', posture: 'talk' });
    expect((await runner.talk(wish())).terminal).toBe(nth(0).terminal);
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('goes on with the turn that is on there, and what is said is heard', async () => {
    const runner = stage.clone({ begun: true });
    await runner.adopt(held, () => false);
    nth(0).emit({ type: 'talk.turn', on: true });
    const task = stage.give('a');
    await stage.status(runner, 'talking');
    nth(0).emit({ type: 'message.completed', message: 'm', text: 'hello' });
    expect(await stage.state.event('message.completed')).toMatchObject({ text: 'hello' });
    nth(0).emit({ type: 'talk.turn', on: false });
    expect((await stage.end(task)).status).toBe('done');
    expect(nth(0).isAlive()).toBe(false);
  });

  it('is back once it is known whether a turn is on there: no task comes before', async () => {
    const [ready, known] = [stage.gate(), stage.gate()];
    stage.supplier.takingUp = known.promise;
    const runner = stage.clone({ begun: true }, ready.promise);
    const task = stage.give('a');
    const adopted = runner.adopt(held, () => false);
    void adopted.then(() => ready.open());
    await settle();
    expect(nth(0).isAlive()).toBe(true);
    nth(0).emit({ type: 'talk.turn', on: true });
    known.open();
    expect(await adopted).toBe(true);
    expect(runner.view()).toMatchObject({ status: 'talking', posture: 'talk' });
    await settle();
    expect(nth(0).isAlive()).toBe(true);
    nth(0).emit({ type: 'talk.turn', on: false });
    expect((await stage.end(task)).status).toBe('done');
  });

  it('serves the tasks of a brain that shares it, as it is', async () => {
    stage.supplier.sharesTerminal = true;
    const runner = stage.clone({ begun: true, env: { A: 'b' } });
    await runner.adopt(held, () => false);
    await stage.end(stage.give('a'));
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('is refused by a clone that is parked or retired', async () => {
    const parked = stage.clone({ failure: { failures: 5, reason: 'x' } });
    expect(await parked.adopt(held, () => false)).toBe(false);
    const retired = stage.clone({ name: 'mechanic.2', number: 2, retiredAt: new Date().toISOString() });
    expect(await retired.adopt(held, () => false)).toBe(false);
    expect(stage.supplier.brains).toEqual([]);
  });
});
