import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bystanders } from '../../../../daemon/clones/bystanders.js';
import { fitsAny } from '../../../../daemon/clones/patterns.js';
import { ZoneWatch } from '../../../../daemon/clones/zoneWatch.js';
import { Prints } from '../../../../daemon/fingerprint/prints.js';
import type { Printer } from '../../../../daemon/fingerprint/printer.js';
import type { CloneRecord } from '../../../../daemon/store/cloneTable.js';
import type { Task } from '../../../../protocol/shapes/task.js';
import { CloneStage, settle, stopBy } from '../../../support/cloneStage.js';
import { busy, died, type FakeBrain, type Script } from '../../../support/fakeBrain.js';
import { TreeFolder } from '../../../support/tree.js';

let stage: CloneStage;
let zone: TreeFolder;
let bystanders: Bystanders;
let prints: number;
let printer: Pick<Printer, 'take'>;
beforeEach(() => {
  stage = new CloneStage();
  zone = new TreeFolder();
  zone.write({ 'a.txt': 'one\n' });
  const { store, log } = stage.state;
  bystanders = new Bystanders({
    log,
    clone: (name) => store.clones.all().find((clone) => clone.name === name),
    isOpaque: (brain) => brain === 'program',
    isAside: (task) => store.tasks.get(task)?.aside === true,
  });
  prints = 0;
  printer = printing();
  const take: Printer['take'] = () => printer.take();
  const resume = (): never => {
    throw new Error('nothing is ridden here');
  };
  stage.zone = new ZoneWatch({ root: zone.path, log, printer: { take, resume }, bystanders });
});
afterEach(async () => {
  await stage.close();
  // Each ask has let go of its print.
  expect(prints).toBe(0);
  bystanders.dispose();
  stage[Symbol.dispose]();
  zone[Symbol.dispose]();
});

/** Takes prints in this very thread. */
function printing(): Pick<Printer, 'take'> {
  const all = new Prints({ root: zone.path });
  return {
    take: () => {
      const { mark, partial } = all.take();
      while (all.hashSome(Number.MAX_SAFE_INTEGER));
      prints += 1;
      return Promise.resolve({
        partial,
        compare: () => Promise.resolve(all.compare(mark)),
        diff: (paths) => Promise.resolve(all.diff(mark, paths)),
        dispose: () => {
          prints -= 1;
          all.release(mark);
        },
      });
    },
  };
}

/** Takes the turn up, does something, and is done. */
const doing =
  (work: (brain: FakeBrain) => void): Script =>
  (brain) => {
    brain.emit({ type: 'turn.accepted' });
    work(brain);
    brain.finish({ status: 'done', text: 'done' });
  };
const ask = (change: Partial<Parameters<CloneStage['give']>[1]> = {}): Promise<Task> =>
  stage.end(stage.give('look', { kind: 'ask', who: 'mechanic.1', ...change }));
const write = (): void => zone.write({ 'a.txt': 'two\n' });
const checks = () => stage.state.of('zone.checked');

describe('an ask', () => {
  beforeEach(() => {
    stage.supplier.script = doing(() => {});
  });

  it('that changes nothing is done, and nothing is told', async () => {
    stage.clone();
    expect(await ask()).toMatchObject({ status: 'done', result: { text: 'done' } });
    expect(checks()).toEqual([]);
  });

  it('that changes the zone fails, with the paths and what it had to say', async () => {
    stage.clone();
    stage.supplier.script = doing(write);
    const task = await ask();
    expect(task).toMatchObject({
      status: 'failed',
      result: { text: 'done' },
      error: {
        kind: 'readOnlyViolated',
        message: expect.stringContaining('a.txt (changed)') as string,
        hint: expect.stringContaining(`khlone task ${task.id}`) as string,
        violation: { changes: [{ path: 'a.txt', kind: 'changed' }], total: 1, others: [] },
      },
    });
    expect(task.error?.violation?.diff).toContain('a.txt');
    expect(stage.stored(task).error?.violation?.total).toBe(1);
    expect(checks()).toMatchObject([{ finding: 'violated', clone: 'mechanic.1', task: task.id, total: 1 }]);
  });

  it('may change what it likes as an act', async () => {
    stage.clone();
    stage.supplier.script = doing(write);
    expect(await ask({ kind: 'act' })).toMatchObject({ status: 'done' });
    expect(checks()).toEqual([]);
  });

  it('fails the same way where its brain died', async () => {
    stage.clone();
    stage.supplier.script = (brain) => {
      write();
      brain.finish(died());
    };
    expect(await ask()).toMatchObject({ status: 'failed', error: { kind: 'readOnlyViolated' } });
  });

  it('fails the same way where it was cancelled', async () => {
    const runner = stage.clone();
    stage.supplier.script = busy;
    const task = stage.give('look', { kind: 'ask', who: 'mechanic.1' });
    const brain = await stage.supplier.brain(0);
    await brain.until(() => brain.said.length === 1);
    write();
    await runner.stopTask(task.id, stopBy('cancel'));
    expect(await stage.end(task)).toMatchObject({ status: 'failed', error: { kind: 'readOnlyViolated' } });
  });

  it('beside an act of its own clone is not to blame for what that says it writes, but for what it writes itself', async () => {
    stage.clone();
    stage.supplier.script = busy;
    stage.give('work', { who: 'mechanic.1' });
    const acting = await stage.supplier.brain(0);
    await acting.until(() => acting.said.length === 1);
    const writes = (by: FakeBrain): void => {
      const input = { file_path: zone.at('a.txt') };
      by.emit({ type: 'tool.started', tool: 'u', name: 'Write', title: 'Write', input });
      by.emit({ type: 'tool.finished', tool: 'u', failed: false, output: '' });
      zone.write({ 'a.txt': `${Math.random()}\n` });
    };
    stage.supplier.script = doing(() => writes(acting));
    expect(await ask({ aside: true })).toMatchObject({ status: 'done' });
    expect(checks()).toEqual([]);
    stage.supplier.script = doing(writes);
    expect(await ask({ aside: true })).toMatchObject({ error: { kind: 'readOnlyViolated' } });
  });

  it('is told with secrets taken out', async () => {
    stage.clone();
    stage.vault.put('mechanic.1', { FAKE_TOKEN: 's3cr3t-token-value' });
    stage.supplier.script = doing(() => zone.write({ 'new.txt': 'token s3cr3t-token-value\n' }));
    const task = await ask();
    expect(task.error?.violation?.diff).toContain('+token ');
    expect(JSON.stringify(task)).not.toContain('s3cr3t-token-value');
  });

  it('is not failed by what the user said changes by itself', async () => {
    stage.clone({ limits: { askIgnore: ['*.log', 'dist'] } });
    stage.supplier.script = doing(() => {
      appendFileSync(zone.at('build.log'), 'x');
      mkdirSync(zone.at('dist'));
      writeFileSync(zone.at('dist/x.js'), 'x');
    });
    expect(await ask()).toMatchObject({ status: 'done' });
    stage.supplier.script = doing(write);
    expect(await ask()).toMatchObject({ status: 'failed' });
  });

  it('names a bounded number of paths, and says how many there are', async () => {
    stage.clone();
    stage.supplier.script = doing(() => {
      for (let n = 0; n < 300; n++) zone.write({ [`n${n}`]: 'x' });
    });
    const { error } = await ask();
    expect(error?.violation?.changes).toHaveLength(200);
    expect(error?.violation).toMatchObject({ total: 300, truncated: true });
    expect(error?.message).toContain('and 297 more');
  });

  it('goes on where the zone cannot be looked at, and that is told', async () => {
    stage.clone();
    printer = { take: () => Promise.reject(new Error('no thread')) };
    expect(await ask()).toMatchObject({ status: 'done' });
    expect(checks()).toMatchObject([{ finding: 'unchecked', partial: 'no thread' }]);
  });

  it('waits for the look before it begins', async () => {
    stage.clone();
    const gate = stage.gate();
    const plain = printer;
    printer = { take: () => gate.promise.then(() => plain.take()) };
    const task = stage.give('look', { kind: 'ask', who: 'mechanic.1' });
    const brain = await stage.supplier.brain(0);
    await settle();
    expect(brain.said).toEqual([]);
    // What is written before the look is none of the ask's.
    write();
    gate.open();
    expect(await stage.end(task)).toMatchObject({ status: 'done' });
    expect(checks()).toEqual([]);
  });
});

describe('beside another clone', () => {
  const tool = (name: string, input: object) =>
    ({ type: 'tool.started', tool: 't1', name, title: name, input }) as const;
  let other: FakeBrain;
  beforeEach(async () => {
    stage.clone({ name: 'clerk.1', role: 'clerk', cwd: zone.path });
    stage.supplier.script = busy;
    stage.give('work', { who: 'clerk.1' });
    other = await stage.supplier.brain(0);
    await other.until(() => other.said.length === 1);
    stage.clone();
  });

  it('what its tool wrote by name is explained', async () => {
    stage.supplier.script = doing(() => {
      other.emit(tool('Write', { file_path: zone.at('new/x.txt'), content: 'x' }));
      zone.write({ 'new/x.txt': 'x' });
      other.emit({ type: 'tool.finished', tool: 't1', failed: false, output: '' });
    });
    expect(await ask()).toMatchObject({ status: 'done' });
    expect(checks()).toEqual([]);
  });

  it('what it did not name is not', async () => {
    stage.supplier.script = doing(() => {
      other.emit(tool('Write', { file_path: 'new.txt', content: 'x' }));
      zone.write({ 'new.txt': 'x', 'a.txt': 'mine' });
    });
    const { error } = await ask();
    expect(error?.violation?.changes).toEqual([{ path: 'a.txt', kind: 'changed' }]);
  });

  it('a tool that only reads explains nothing', async () => {
    stage.supplier.script = doing(() => {
      other.emit(tool('Read', { file_path: zone.at('a.txt') }));
      write();
    });
    expect(await ask()).toMatchObject({ status: 'failed' });
  });

  it.each(['before', 'during'])('a command that ran %s the ask makes it ambiguous', async (when) => {
    const bash = (): void => other.emit(tool('Bash', { command: 'make' }));
    if (when === 'before') bash();
    stage.supplier.script = doing(() => {
      if (when === 'during') bash();
      write();
    });
    expect(await ask()).toMatchObject({ status: 'done' });
    expect(checks()).toMatchObject([
      { finding: 'ambiguous', others: ['clerk.1'], changes: [{ path: 'a.txt', kind: 'changed' }] },
    ]);
  });

  it('a command that had ended explains nothing', async () => {
    other.emit(tool('Bash', { command: 'make' }));
    other.emit({ type: 'tool.finished', tool: 't1', failed: false, output: '' });
    await stage.state.event('tool.finished');
    stage.supplier.script = doing(write);
    expect(await ask()).toMatchObject({ status: 'failed', error: { kind: 'readOnlyViolated' } });
  });
});

it('a program of the user’s choice that runs makes a change ambiguous', async () => {
  stage.clone({ name: 'clerk.1', role: 'clerk', brain: 'program' });
  stage.supplier.script = busy;
  stage.give('work', { who: 'clerk.1' });
  const other = await stage.supplier.brain(0);
  await other.until(() => other.said.length === 1);
  stage.clone();
  stage.supplier.script = doing(write);
  expect(await ask()).toMatchObject({ status: 'done' });
  expect(checks()).toMatchObject([{ finding: 'ambiguous', others: ['clerk.1'] }]);
});

describe('what others did under an earlier daemon', () => {
  const speech = { clone: 'clerk.1', task: 't_1' } as const;
  const began = (name: string, tool: string, input: object): void =>
    stage.state.log.commit((tx) =>
      tx.append({ type: 'tool.started', ...speech, tool, name, title: name, input: { ...input } }),
    );
  const finished = (tool: string): void =>
    stage.state.log.commit((tx) =>
      tx.append({ type: 'tool.finished', ...speech, tool, failed: false, output: '' }),
    );
  const turn = (status: 'talking' | 'idle'): void =>
    stage.state.log.commit((tx) =>
      tx.append({ type: 'clone.status', clone: 'clerk.1', status, posture: 'talk' }),
    );
  /** Another daemon's, that has heard none of it. */
  const next = (): Bystanders =>
    new Bystanders({
      log: stage.state.log,
      clone,
      isOpaque: () => false,
      isAside: (task) => task === 't_aside',
    });
  const clone = (): CloneRecord => stage.state.store.clones.all()[0] ?? never();
  const never = (): never => {
    throw new Error('there is no clone');
  };
  beforeEach(() => {
    stage.clone({ name: 'clerk.1', role: 'clerk', cwd: zone.path });
    began('Write', 'past', { file_path: 'past.txt' });
    finished('past');
  });

  it('counts from the look on', () => {
    const { seq } = stage.state.log.cursor;
    began('Write', 'w', { file_path: 'a.txt' });
    finished('w');
    using later = disposing(next());
    const { doings } = later.watch({ clone: 'mechanic.1' }, seq);
    expect(doings).toEqual({ written: new Set([zone.at('a.txt')]), opaque: [] });
    // Its own work explains nothing.
    expect(later.watch({ clone: 'clerk.1' }, seq).doings).toEqual({ written: new Set(), opaque: [] });
  });

  it('counts where it was on at the look, and has ended since', () => {
    began('Bash', 'b', { command: 'make' });
    const { seq } = stage.state.log.cursor;
    finished('b');
    using later = disposing(next());
    expect(later.watch({ clone: 'mechanic.1' }, seq).doings.opaque).toEqual(['clerk.1']);
    expect(later.watch({ clone: 'mechanic.1' }, stage.state.log.cursor.seq).doings.opaque).toEqual([]);
  });

  it('counts where it was on at the look, though an aside began or ended beside it', () => {
    began('Bash', 'b', { command: 'make' });
    const beside = { clone: 'clerk.1', task: 't_aside' };
    stage.state.log.commit((tx) => tx.append({ type: 'task.started', ...beside, attempt: 1 }));
    using later = disposing(next());
    later.recall(['clerk.1']);
    expect(later.watch({ clone: 'mechanic.1' }).doings.opaque).toEqual(['clerk.1']);
  });

  it('counts where somebody sat at its terminal at the look', () => {
    turn('talking');
    const { seq } = stage.state.log.cursor;
    turn('idle');
    using later = disposing(next());
    expect(later.watch({ clone: 'mechanic.1' }, seq).doings.opaque).toEqual(['clerk.1']);
  });

  it('is known to every ask where it goes on', () => {
    began('Bash', 'b', { command: 'make' });
    using later = disposing(next());
    expect(later.watch({ clone: 'mechanic.1' }).doings.opaque).toEqual([]);
    later.recall(['clerk.1']);
    expect(later.watch({ clone: 'mechanic.1' }).doings.opaque).toEqual(['clerk.1']);
    finished('b');
    expect(later.watch({ clone: 'mechanic.1' }).doings.opaque).toEqual([]);
  });
});

/** Disposed of at the end of its block. */
const disposing = (of: Bystanders): Bystanders & globalThis.Disposable =>
  Object.assign(of, { [Symbol.dispose]: () => of.dispose() });

describe('patterns', () => {
  it.each([
    ['dist', 'dist', true],
    ['dist', 'dist/x.js', true],
    ['dist/', 'packages/a/dist/x.js', true],
    ['dist', 'distance.txt', false],
    ['*.log', 'deep/er/x.log', true],
    ['*.log', 'x.log.txt', false],
    ['src/*.js', 'src/a.js', true],
    ['src/*.js', 'src/deep/a.js', false],
    ['src/**/*.js', 'src/a.js', true],
    ['src/**/*.js', 'src/deep/er/a.js', true],
    ['./a?.txt', 'ab.txt', true],
    ['a.txt', 'abtxt', false],
  ])('%s and %s', (pattern, path, fits) => {
    expect(fitsAny([pattern])(path)).toBe(fits);
  });
});
