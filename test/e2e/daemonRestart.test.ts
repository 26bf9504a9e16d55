import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { launchDaemon } from '../../client/launch.js';
import { runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { daemonProgram, DaemonZone } from '../support/daemon.js';
import { isAlive } from '../support/processes.js';

let zone: DaemonZone;
let place: CliPlace;
let khlone: Khlone;
beforeEach(async () => {
  zone = new DaemonZone();
  place = { cwd: zone.root, env: { ...zone.sandbox.env, LANG: 'C.UTF-8' } };
  khlone = await zone.connect();
});
afterEach(() => zone[Symbol.asyncDispose]());

const run = (...words: string[]): Promise<CliResult> => runCli(words, place);

/** A clone in mid-turn, with another task behind it. */
async function busy(): Promise<{ running: string; queued: string; brain: number }> {
  const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
  await using pieces = khlone.events({ types: ['message.delta'], who: name });
  await pieces.ready;
  const running = await khlone.clone.act({ who: name, say: 'slow 4000' });
  const queued = await khlone.clone.act({ who: name, say: 'Say hello.' });
  await pieces.next();
  const [brain] = zone.brains();
  return { running: running.id, queued: queued.id, brain: brain?.pid ?? 0 };
}

/** A shell as a clone, which knows something. */
async function shell(): Promise<{ name: string; brain: number; recall: () => Promise<string | undefined> }> {
  const command = ['bash', '--norc', '--noprofile'];
  const { name } = await khlone.clone.enroll({ role: 'shell', brain: 'command', command });
  const ask = async (say: string): Promise<string | undefined> => {
    const { id } = await khlone.clone.act({ who: name, say });
    return (await khlone.task.wait({ task: id })).result?.text;
  };
  await ask('x=5');
  return { name, brain: zone.brains()[0]?.pid ?? 0, recall: () => ask('echo "x is $x"') };
}

/** Another installation of khlone, of an earlier release whose protocol had another version. */
function earlierRelease(): string {
  const root = join(daemonProgram, '../../..');
  const earlier = join(zone.sandbox.folder, 'earlier');
  cpSync(join(root, 'dist'), join(earlier, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(earlier, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(earlier, 'node_modules'));
  const file = join(earlier, 'dist/protocol/version.js');
  const text = readFileSync(file, 'utf8')
    .replace('supportedVersions = [1]', 'supportedVersions = [0]')
    .replace('protocolVersion = 1', 'protocolVersion = 0')
    .replace(/packageVersion = '[^']*'/, "packageVersion = '0.0.9'");
  writeFileSync(file, text);
  return join(earlier, 'dist/daemon/main.js');
}

describe('khlone daemon restart', () => {
  it('puts another daemon in place, and brains go on', async () => {
    const { brain, recall } = await shell();
    const { pid } = khlone.session.daemon;
    const result = await run('daemon', 'restart', '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const said = JSON.parse(result.stdout) as { to: { pid: number } };
    const nothing = { running: 0, queued: 0, approvals: 0 };
    expect(said).toMatchObject({ restarted: true, from: { pid }, brains: 1, ...nothing });
    expect(said.to.pid).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
    expect(isAlive(brain)).toBe(true);
    expect(await recall()).toBe('x is 5');
    expect(khlone.session.daemon.pid).toBe(said.to.pid);
  });

  it('ends no turn: it goes on, is told whole, and what waits behind it follows', async () => {
    const { running, queued, brain } = await busy();
    const result = await run('daemon', 'restart', '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ restarted: true, brains: 1, running: 1, queued: 1 });
    expect(isAlive(brain)).toBe(true);
    expect(await khlone.task.wait({ task: running })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'That was slow.' },
    });
    expect(await khlone.task.wait({ task: queued })).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('waits for turns with --drain', async () => {
    const { running, queued } = await busy();
    const result = await run('daemon', 'restart', '--drain', '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ restarted: true });
    expect(await khlone.task.get({ task: running })).toMatchObject({ status: 'done', attempt: 1 });
    expect(await khlone.task.wait({ task: queued })).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('starts a daemon where none runs, and says so', async () => {
    await zone.stop(khlone);
    expect((await run('daemon', 'restart')).stdout).toMatch(
      /^No daemon ran for .*; one has started \(pid \d+\)\.\n$/,
    );
    const { stdout } = await run('daemon', 'restart');
    expect(stdout).toMatch(
      /has restarted \(pid \d+ is now \d+\)\.\n {2}0 brains went on, 0 tasks run on, 0 tasks wait\.\n$/,
    );
  });

  it('is refused inside a clone', async () => {
    const inside = await runCli(['daemon', 'restart'], {
      ...place,
      env: { ...place.env, KHLONE_CLONE: 'm.1' },
    });
    expect(inside.code).toBe(2);
    expect(inside.stderr).toContain('inside the clone m.1');
    expect((await khlone.daemon.status()).daemon.pid).toBe(khlone.session.daemon.pid);
  });

  it('replaces a daemon of another release that speaks no common version, and keeps its brains', async () => {
    const { brain, recall } = await shell();
    await run('daemon', 'stop', '--keep-brains');
    const earlier = await launchDaemon({
      zone: zone.sandbox.zone,
      env: zone.sandbox.env,
      daemonProgram: earlierRelease(),
    });
    expect(earlier.state).toBe('ready');
    const refused = await run('status');
    expect(refused.code).toBe(10);
    expect(refused.stderr).toContain('khlone daemon restart');
    expect((await run('daemon', 'restart', '--drain')).code).toBe(10);
    const { stdout } = await run('daemon', 'restart');
    expect(stdout).toMatch(
      / has restarted \(pid \d+ is now \d+, 0\.0\.9 is now .*\)\.\n {2}1 brain went on, /,
    );
    expect(isAlive(brain)).toBe(true);
    expect(await recall()).toBe('x is 5');
  });

  it('is not needed to end such a daemon', async () => {
    const { brain } = await shell();
    await run('daemon', 'stop', '--keep-brains');
    await launchDaemon({ zone: zone.sandbox.zone, env: zone.sandbox.env, daemonProgram: earlierRelease() });
    expect((await run('daemon', 'stop')).stdout).toMatch(/has stopped/);
    expect(isAlive(brain)).toBe(false);
  });
});

describe('khlone daemon stop', () => {
  it('interrupts turns and ends brains', async () => {
    const { running, queued, brain } = await busy();
    expect((await run('daemon', 'stop')).stdout).toMatch(/^The daemon \(pid \d+\) has stopped\.\n$/);
    expect(isAlive(brain)).toBe(false);
    khlone = await zone.connect();
    expect(await khlone.task.get({ task: running })).toMatchObject({ status: 'interrupted' });
    expect(await khlone.task.wait({ task: queued })).toMatchObject({ status: 'done' });
  });

  it('waits for turns with --drain', async () => {
    const { running, queued, brain } = await busy();
    expect((await run('daemon', 'stop', '--drain')).code).toBe(0);
    expect(isAlive(brain)).toBe(false);
    khlone = await zone.connect();
    expect(await khlone.task.get({ task: running })).toMatchObject({ status: 'done', attempt: 1 });
    expect(await khlone.task.wait({ task: queued })).toMatchObject({ status: 'done' });
  });

  it('leaves a turn to the next daemon with --keep-brains', async () => {
    const { running, brain } = await busy();
    await run('daemon', 'stop', '--keep-brains');
    expect(isAlive(brain)).toBe(true);
    khlone = await zone.connect();
    expect(await khlone.task.wait({ task: running })).toMatchObject({ status: 'done', attempt: 1 });
  });

  it('leaves brains to the next daemon with --keep-brains', async () => {
    const { brain, recall } = await shell();
    expect((await run('daemon', 'stop', '--keep-brains')).stdout).toMatch(
      / has stopped; 1 brain lives on for the next one\.\n$/,
    );
    expect(isAlive(brain)).toBe(true);
    expect((await run('daemon', 'stop', '--keep-brains')).stdout).toMatch(/^No daemon runs/);
    khlone = await zone.connect();
    expect(await recall()).toBe('x is 5');
    expect(isAlive(brain)).toBe(true);
  });
});
