import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryWatch } from '../../../../daemon/clones/memoryWatch.js';
import type { LowMemory } from '../../../../daemon/memory/lowMemory.js';
import { fail } from '../../../../protocol/fail.js';
import { CloneStage, settle, wish } from '../../../support/cloneStage.js';
import { busy, echo } from '../../../support/fakeBrain.js';

/** Between two looks, as the watch has it. */
const everyMs = 10_000;
const low: LowMemory = { kind: 'bytes', bytes: 100 };

let stage: CloneStage;
let watch: MemoryWatch | undefined;
let reads: number;
let gaveBack: string[];
/** What the next looks find; the last one goes on. */
let left: number[];
/** Happens while memory is read. */
let meanwhile: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  stage = new CloneStage();
  reads = 0;
  gaveBack = [];
  left = [0];
  meanwhile = () => {};
});
afterEach(async () => {
  watch?.dispose();
  vi.useRealTimers();
  await stage.close();
  stage[Symbol.dispose]();
});

function begin(limit: LowMemory = low): void {
  watch = new MemoryWatch({
    log: stage.state.log,
    runners: () => stage.directory.all(),
    read: async () => {
      reads += 1;
      meanwhile();
      const [availableBytes = 0] = left.length > 1 ? left.splice(0, 1) : left;
      return { availableBytes, totalBytes: 1000 };
    },
    low: limit,
    gaveBack: (clone) => gaveBack.push(clone),
  });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

/** A clone that has done a task, and rests. */
async function rested(n: number): Promise<ReturnType<CloneStage['clone']>> {
  const runner = stage.clone({ name: `mechanic.${n}`, number: n, conversation: `c-${n}` });
  await stage.end(stage.give(`task ${n}`, { who: `mechanic.${n}` }));
  await settle();
  await vi.advanceTimersByTimeAsync(5);
  return runner;
}

const reasons = (): unknown[] =>
  stage.state.of('clone.status').flatMap((event) => (event.status === 'off' ? [event.reason] : []));

describe('when memory is short', () => {
  it('the processes at rest are given back, the least recently used first, until it is not', async () => {
    begin();
    const runners = [await rested(1), await rested(2), await rested(3)];
    await stage.end(stage.give('again', { who: 'mechanic.1' }));
    left = [0, 0, 500];
    await pass(everyMs);
    expect(gaveBack).toEqual(['mechanic.2', 'mechanic.3']);
    expect(runners.map((runner) => runner.state)).toEqual(['idle', 'off', 'off']);
    expect(reasons()).toEqual(['memory', 'memory']);
  });

  it('a clone comes back for its next task, on the same conversation', async () => {
    begin();
    await rested(1);
    await pass(everyMs);
    expect(await stage.end(stage.give('b', { who: 'mechanic.1' }))).toMatchObject({
      status: 'done',
      attempt: 1,
    });
    expect(stage.supplier.brains).toHaveLength(2);
    expect(new Set(stage.supplier.brains.map(({ spec }) => spec.conversation)).size).toBe(1);
  });

  it('one that is to wait gives its process back too, and goes on once it may', async () => {
    begin();
    const until = new Date(Date.now() + 60_000).toISOString();
    stage.supplier.script = (brain) => {
      brain.emit({ type: 'turn.accepted' });
      const error = fail('usageLimit', { reason: 'resets 3pm', until });
      brain.finish({ status: 'failed', error, text: '' });
    };
    const runner = stage.clone();
    const task = stage.give('a');
    await stage.status(runner, 'paused');
    stage.supplier.script = echo;
    expect(runner.hasProcess).toBe(true);
    await pass(everyMs);
    expect([gaveBack, runner.state, runner.hasProcess]).toEqual([['mechanic.1'], 'paused', false]);
    await pass(61_000);
    expect(await stage.end(task)).toMatchObject({ status: 'done', attempt: 2 });
  });

  it('one that works keeps its process', async () => {
    begin();
    const resting = await rested(1);
    stage.supplier.script = busy;
    const working = stage.clone({ name: 'mechanic.2', number: 2, conversation: 'c-2' });
    stage.give('long', { who: 'mechanic.2' });
    await stage.status(working, 'working');
    stage.supplier.script = echo;
    await pass(everyMs * 3);
    expect(gaveBack).toEqual(['mechanic.1']);
    expect([resting.state, working.state, working.hasProcess]).toEqual(['off', 'working', true]);
  });

  it('one that gets a task while memory is read keeps its process', async () => {
    begin();
    const runner = await rested(1);
    stage.supplier.script = busy;
    meanwhile = () => void (reads === 1 && stage.give('now', { who: 'mechanic.1' }));
    await pass(everyMs);
    expect([reads, gaveBack, runner.state]).toEqual([1, [], 'working']);
    expect(stage.supplier.brains).toHaveLength(1);
  });

  it('a terminal stays, whether somebody is there or not', async () => {
    begin();
    const runner = stage.clone();
    const hold = await runner.talk(wish());
    await pass(everyMs * 2);
    hold.dispose();
    await pass(everyMs * 2);
    expect([gaveBack, runner.state, runner.hasProcess]).toEqual([[], 'idle', true]);
  });
});

describe('a look at the memory', () => {
  it('is taken only while a process is at rest', async () => {
    left = [500];
    begin();
    await pass(everyMs * 10);
    expect(reads).toBe(0);
    const runner = await rested(1);
    await pass(everyMs * 3);
    expect(reads).toBe(3);
    await runner.hibernate({ now: false });
    const before = reads;
    await pass(everyMs * 10);
    expect(reads).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is taken again while there is enough, and finds it short later', async () => {
    left = [500, 0];
    begin();
    const runner = await rested(1);
    await pass(everyMs);
    expect([reads, runner.state]).toEqual([1, 'idle']);
    await pass(everyMs);
    expect(runner.state).toBe('off');
  });

  it('is never taken where nobody wants it', async () => {
    begin({ kind: 'never' });
    const runner = await rested(1);
    await pass(everyMs * 3);
    expect([reads, runner.state]).toEqual([0, 'idle']);
  });
});

describe('what is told of a process that was given back', () => {
  it('is that nobody needed it', async () => {
    const runner = stage.clone({ limits: { idleMs: 1000 } });
    await stage.end(stage.give('a'));
    await settle();
    await pass(1000);
    expect([runner.state, reasons()]).toEqual(['off', ['idle']]);
  });

  it('is that somebody asked', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    await runner.hibernate({ now: false });
    expect([runner.state, reasons()]).toEqual(['off', ['asked']]);
  });

  it('is that it died where it ended by itself', async () => {
    const runner = stage.clone();
    await stage.end(stage.give('a'));
    await settle();
    stage.supplier.brains[0]?.die();
    await settle();
    expect([runner.state, reasons()]).toEqual(['off', ['died']]);
  });
});
