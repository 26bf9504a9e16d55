import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Event, Khlone, Task } from '../../client/index.js';
import { RunningCli, runCli } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history } from '../support/events.js';

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(async () => {
  await zone.end();
  const errors = loggedErrors(zone.paths.log);
  await zone[Symbol.asyncDispose]();
  expect(errors).toEqual([]);
});

const enroll = (more: object = {}): Promise<Clone> =>
  khlone.clone.enroll({ role: 'mechanic', brain: 'demo', ...more });
const ended = (task: Task): Promise<Task> => khlone.task.wait({ task: task.id });
const aside = (who: string, say: string): Promise<Task> => khlone.clone.ask({ who, say, aside: true });

/** Gives work and resolves once something of this type is told of it. */
async function begun(give: () => Promise<Task>, type: Event['type']): Promise<Task> {
  await using events = khlone.events({ from: 'tail', types: [type, 'task.finished'] });
  await events.ready;
  const task = await give();
  for await (const event of events) {
    if (event.type === 'task.finished') throw new Error(`it ended: ${JSON.stringify(event.value)}`);
    if (event.type === type) break;
  }
  return task;
}

const memories = (): Record<string, string> => {
  const folder = join(zone.paths.brains, 'demo');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
};

describe('an aside beside an act', () => {
  it('knows the conversation, ends before the act, and leaves no trace in it', async () => {
    const { name: who } = await enroll();
    const act = await begun(
      () => khlone.clone.act({ who, say: 'remember blue; slow 60000' }),
      'message.delta',
    );
    const before = memories();
    const cli = await runCli(['ask', who, '--aside', 'recall; remember red'], {
      cwd: zone.root,
      env: zone.sandbox.env,
    });
    expect(cli).toMatchObject({ code: 0, stdout: expect.stringContaining('I remember: blue\n') });
    expect(await khlone.task.get({ task: act.id })).toMatchObject({ status: 'running' });
    expect(memories()).toEqual(before);
    await khlone.task.cancel({ task: act.id });
    const later = await ended(await khlone.clone.act({ who, say: 'recall' }));
    expect(later.result?.text).toBe('I remember: blue');
  });

  it('is not blamed for what the act writes', async () => {
    const { name: who } = await enroll({ approvals: 'acceptEdits' });
    // So that the act need not start a process first.
    await ended(await khlone.clone.act({ who, say: 'say it' }));
    const task = await begun(() => aside(who, 'slow 60000'), 'message.delta');
    await ended(await khlone.clone.act({ who, say: 'write made.txt hello' }));
    expect(existsSync(join(zone.root, 'made.txt'))).toBe(true);
    await khlone.task.cancel({ task: task.id });
    expect(await ended(task)).toMatchObject({ status: 'cancelled', error: { kind: 'taskCancelled' } });
    const checks = (await history(khlone)).filter(({ type }) => type === 'zone.checked');
    expect(checks).toEqual([]);
  });

  it('is blamed for what nobody explains', async () => {
    const { name: who } = await enroll();
    await ended(await khlone.clone.act({ who, say: 'say it' }));
    const task = await begun(() => aside(who, 'slow 60000'), 'message.delta');
    writeFileSync(join(zone.root, 'stray.txt'), 'x');
    await khlone.task.cancel({ task: task.id });
    expect(await ended(task)).toMatchObject({ error: { kind: 'readOnlyViolated' } });
  });

  it('runs again in the next daemon where this one is killed, and no process stays', async () => {
    const { name: who } = await enroll();
    const act = await begun(() => khlone.clone.act({ who, say: 'slow 4000' }), 'message.delta');
    const task = await begun(() => aside(who, 'slow 2000; say after all'), 'task.started');
    await zone.kill(khlone);
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 2, aside: true });
    expect(await ended(act)).toMatchObject({ status: 'done', attempt: 1 });
    await khlone.clone.hibernate({ who });
    expect(zone.brains()).toEqual([]);
  });
});

describe('an aside in the shell', () => {
  it('shows on the board and in the list, and is refused by a brain that cannot branch', async () => {
    const place = { cwd: zone.root, env: zone.sandbox.env };
    const { name: who } = await enroll();
    const asking = new RunningCli(['ask', who, '--aside', 'slow 60000'], place);
    const [, id = ''] = await asking.said('stderr', /(t_\w+) ask \(aside\): slow/);
    expect((await runCli(['status'], place)).stdout).toContain('1 aside');
    expect((await runCli(['tasks'], place)).stdout).toContain('ask (aside)');
    expect((await runCli(['cancel', id], place)).code).toBe(0);
    expect((await asking.ended).code).toBe(5);
    const shell = await khlone.clone.enroll({ role: 'shell', brain: 'command', command: ['sh'] });
    const refused = await runCli(['ask', shell.name, '--aside', 'hello'], place);
    expect(refused.stderr).toContain('The brain command cannot fork.');
  });
});
