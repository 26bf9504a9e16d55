import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit.js';
import type { Event, Khlone, Task } from '../../client/index.js';
import { runCli, type CliResult } from '../support/cli.js';
import { bareDaemonProgram, DaemonZone } from '../support/daemon.js';
import { withFaultyClaude } from '../support/faultyClaude.js';

/** An ask whose brain writes all the same, under a real daemon. */
let zone: DaemonZone;
let khlone: Khlone;
let go: string;
beforeAll(async () => {
  zone = new DaemonZone();
  withFaultyClaude(zone);
  go = join(zone.sandbox.folder, 'go');
  writeFileSync(join(zone.root, 'kept.txt'), 'as it was\n');
  khlone = await zone.connect({ daemonProgram: bareDaemonProgram });
});
afterAll(() => zone[Symbol.asyncDispose]());
afterEach(() => rmSync(go, { force: true }));

let enrolled = 0;
const startsOf = (clone: number): string => join(zone.sandbox.folder, `starts.${clone}`);
/** A clone whose brain writes a file of the zone, or none, once it is let go. */
async function writer(file: string | undefined, limits = {}): Promise<string> {
  const starts = startsOf(++enrolled);
  const writes = file === undefined ? '' : join(zone.root, file);
  const env = { FAULT: 'writes', STARTS: starts, GO: go, WRITES: writes };
  return (await khlone.clone.enroll({ role: `writer${enrolled}`, brain: 'claude', env, limits })).name;
}
const letGo = (): void => writeFileSync(go, '');
const wait = (task: { readonly id: string }): Promise<Task> => khlone.task.wait({ task: task.id });
const checksOf = async (task: { readonly id: string }): Promise<Event[]> => {
  const { events } = await khlone.event.read({ from: 'start', limit: 1000 });
  return events.filter((event) => event.type === 'zone.checked' && event.task === task.id);
};

/** An ask whose turn is on. */
async function begun(who: string): Promise<Task> {
  const events = khlone.events({ types: ['task.started'], who });
  await events.ready;
  const task = await khlone.clone.ask({ who, say: 'look' });
  await events.next();
  await events.return();
  return task;
}

describe('an ask', () => {
  it('that writes nothing is done', async () => {
    letGo();
    const task = await wait(await khlone.clone.ask({ who: await writer(undefined), say: 'look' }));
    expect(task).toMatchObject({ status: 'done', result: { text: 'answer 1' } });
    expect(await checksOf(task)).toEqual([]);
  });

  it('that writes fails in the daemon and on the command line, time and again', async () => {
    letGo();
    const who = await writer('kept.txt');
    const place = { cwd: zone.root, env: { ...zone.sandbox.env, LANG: 'C.UTF-8' } };
    const cli = (...words: string[]): Promise<CliResult> => runCli(words, place);
    const asked = await cli('ask', who, 'look');
    expect(asked.code).toBe(exitCodes.failed.code);
    expect(asked.stdout).toBe('answer 1\n');
    expect(asked.stderr).toMatch(/The zone changed while this ask ran, .*kept\.txt \(\w+\)/);
    expect(asked.stderr).toMatch(/(changed|written) +kept\.txt\n/);
    const [, id = ''] = /`khlone task (\w+)`/.exec(asked.stderr) ?? [];
    const shown = await cli('task', id);
    expect(shown.stdout).toMatch(/kept\.txt: \w+, 10 bytes to 18 bytes/);
    const again = JSON.parse((await cli('ask', who, 'look', '--json')).stdout) as Task;
    expect(again).toMatchObject({
      status: 'failed',
      result: { text: 'answer 2' },
      error: { kind: 'readOnlyViolated', violation: { changes: [{ path: 'kept.txt' }], total: 1 } },
    });
    expect(await checksOf(again)).toMatchObject([{ finding: 'violated' }]);
  });

  it('may be told what changes by itself', async () => {
    letGo();
    const who = await writer('noise.log', { askIgnore: ['*.log'] });
    expect(await wait(await khlone.clone.ask({ who, say: 'look' }))).toMatchObject({ status: 'done' });
  });
});

describe('an ask in a daemon that is killed', () => {
  const killed = async (meanwhile: () => void = () => {}): Promise<void> => {
    await zone.kill(khlone);
    meanwhile();
    khlone = await zone.connect({ daemonProgram: bareDaemonProgram });
  };
  const kept = (): string[] => readdirSync(join(zone.paths.stateDir, 'prints'));
  /** An ask that its brain is at, and what the zone was before it is kept. */
  const begunAndKept = async (file: string | undefined): Promise<Task> => {
    const task = await begun(await writer(file));
    await expect.poll(() => existsSync(`${startsOf(enrolled)}.turns`), { timeout: 30_000 }).toBe(true);
    await expect.poll(() => kept().some((name) => name.startsWith(`${task.id}.`))).toBe(true);
    return task;
  };

  it.each([
    ['while there is none', () => killed(letGo)],
    ['under the next one', () => killed().then(letGo)],
  ])('that writes %s fails all the same', async (_, goOn) => {
    const task = await begunAndKept('ridden.txt');
    await goOn();
    expect(await wait(task)).toMatchObject({
      status: 'failed',
      attempt: 1,
      result: { text: 'answer 1' },
      error: {
        kind: 'readOnlyViolated',
        violation: { changes: [{ path: 'ridden.txt', kind: 'added' }], total: 1 },
      },
    });
    expect(await checksOf(task)).toMatchObject([{ finding: 'violated' }]);
    rmSync(join(zone.root, 'ridden.txt'));
  });

  it('that writes nothing is done, whatever others wrote, and nothing of it is kept', async () => {
    const { name: mechanic } = await khlone.clone.enroll({ role: 'busy', brain: 'demo', approvals: 'allow' });
    const task = await begunAndKept(undefined);
    for (const file of ['one.txt', 'two.txt']) {
      const act = await khlone.clone.act({ who: mechanic, say: `write ${file} theirs` });
      expect(await wait(act)).toMatchObject({ status: 'done' });
      await killed();
    }
    letGo();
    expect(await wait(task)).toMatchObject({ status: 'done', attempt: 1 });
    expect(await checksOf(task)).toEqual([]);
    await expect.poll(() => kept().filter((name) => name.startsWith(task.id))).toEqual([]);
  });

  it('is unchecked, and says so, where what was kept is gone', async () => {
    const task = await begunAndKept('lost.txt');
    rmSync(join(zone.paths.stateDir, 'prints'), { recursive: true });
    await killed(letGo);
    expect(await wait(task)).toMatchObject({ status: 'done' });
    expect(await checksOf(task)).toMatchObject([
      { finding: 'unchecked', partial: 'how the zone was before was not kept' },
    ]);
  });
});

describe('beside another clone', () => {
  it('what that wrote by a tool is explained, and what the ask wrote is not', async () => {
    const { name: mechanic } = await khlone.clone.enroll({
      role: 'mechanic',
      brain: 'demo',
      approvals: 'allow',
    });
    for (const file of [undefined, 'mine.txt']) {
      const task = await begun(await writer(file));
      const act = await wait(await khlone.clone.act({ who: mechanic, say: `write theirs.txt ${file}` }));
      expect(act.status).toBe('done');
      letGo();
      const { status, error } = await wait(task);
      expect(status).toBe(file === undefined ? 'done' : 'failed');
      expect(error?.violation?.changes.map(({ path }) => path)).toEqual(file && [file]);
      rmSync(go);
    }
  });

  it('whose command runs, a change is ambiguous and the ask is done', async () => {
    const starts = join(zone.sandbox.folder, 'starts.bash');
    const env = { FAULT: 'silent-with-tool', STARTS: starts };
    const { name: busy } = await khlone.clone.enroll({ role: 'busy', brain: 'claude', env });
    const tools = khlone.events({ types: ['tool.started'], who: busy });
    await tools.ready;
    const { id } = await khlone.clone.act({ who: busy, say: 'make' });
    await tools.next();
    await tools.return();
    letGo();
    const task = await wait(await khlone.clone.ask({ who: await writer('whose.txt'), say: 'look' }));
    expect(task.status).toBe('done');
    expect(await checksOf(task)).toMatchObject([
      { finding: 'ambiguous', others: [busy], changes: [{ path: 'whose.txt', kind: 'added' }] },
    ]);
    await khlone.task.cancel({ task: id });
  });
});
