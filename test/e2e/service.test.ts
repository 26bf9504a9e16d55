import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceManager } from '../../cli/service/manage.js';
import { launchdPlist, serviceEnvironment } from '../../cli/service/text.js';
import { servicePlace } from '../../client/service.js';
import { runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { daemonProgram, DaemonZone } from '../support/daemon.js';
import { goneWithin, isAlive } from '../support/processes.js';

const program = join(import.meta.dirname, '../support/service/manager.mjs');
const patient = { timeout: 30_000 };

let zone: DaemonZone;
let place: CliPlace;
let folder: string;
beforeEach(() => {
  zone = new DaemonZone();
  folder = join(zone.sandbox.folder, 'm');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const name of ['systemctl', 'launchctl']) symlinkSync(program, join(folder, 'bin', name));
  const env = {
    ...zone.sandbox.env,
    LANG: 'C.UTF-8',
    PATH: `${join(folder, 'bin')}:${zone.sandbox.env['PATH']}`,
    KHLONE_TEST_MANAGER: folder,
  };
  place = { cwd: zone.root, env };
});
afterEach(async () => {
  const pid = servicePid();
  if (pid !== undefined && isAlive(pid)) {
    process.kill(pid, 'SIGTERM');
    await goneWithin(pid, 30_000);
  }
  await zone[Symbol.asyncDispose]();
});

const run = (...words: string[]): Promise<CliResult> => runCli(words, place);

async function json<T>(...words: string[]): Promise<T> {
  const result = await run(...words, '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout) as T;
}

/** What the manager was asked since the last look. */
function asked(): string[] {
  const file = join(folder, 'asked');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  rmSync(file);
  return lines;
}

/** Process of the daemon that the manager started. */
function servicePid(): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

const unitOf = (): string => servicePlace(zone.sandbox.zone, place.env, 'linux').file;

interface Status {
  readonly installed: boolean;
  readonly current: boolean;
  readonly state: string;
  readonly pid?: number;
  readonly daemon?: number;
}

describe.runIf(process.platform === 'linux')('khlone service', () => {
  it('has systemd run the daemon, in place of one that runs, whose brains go on', async () => {
    const name = `khlone-${zone.sandbox.zone.id}.service`;
    await using khlone = await zone.connect();
    const command = ['bash', '--norc', '--noprofile'];
    const { name: who } = await khlone.clone.enroll({ role: 'shell', brain: 'command', command });
    const ask = async (say: string): Promise<string | undefined> =>
      (await khlone.task.wait({ task: (await khlone.clone.act({ who, say })).id })).result?.text;
    await ask('x=5');
    const [brain] = zone.brains();
    const before = khlone.session.daemon.pid;

    const installed = await run('service', 'install');
    expect(installed.code).toBe(0);
    expect(installed.stdout).toContain(`${name} runs the daemon of ${zone.root} (pid ${servicePid()})`);
    expect(asked().slice(0, 3)).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      `systemctl --user enable --now ${name}`,
    ]);
    expect(isAlive(before)).toBe(false);
    expect(isAlive(brain?.pid ?? 0)).toBe(true);
    // Nothing of this environment but what it is found by.
    expect(readFileSync(unitOf(), 'utf8').match(/^Environment="(\w+)=/gm)).toEqual([
      'Environment="KHLONE_HOME=',
      'Environment="PATH=',
      'Environment="MALLOC_ARENA_MAX=',
    ]);
    expect(await json<Status>('service', 'status')).toMatchObject({
      installed: true,
      current: true,
      state: 'active',
      pid: servicePid(),
      daemon: servicePid(),
    });
    expect(await ask('echo "x is $x"')).toBe('x is 5');

    const uninstalled = await run('service', 'uninstall');
    expect(uninstalled.code).toBe(0);
    expect(existsSync(unitOf())).toBe(false);
    expect(await ask('echo "x is $x"')).toBe('x is 5');
    expect(await json<Status>('service', 'status')).toMatchObject({ installed: false });
    expect((await run('service', 'uninstall')).stdout).toMatch(/^No service is installed/);
  });

  it('is what clients have a daemon started by, and a stopped one stays so until then', async () => {
    await json('service', 'install');
    const first = servicePid() ?? 0;
    await json('daemon', 'stop');
    expect(isAlive(first)).toBe(false);
    expect(await json<Status>('service', 'status')).toMatchObject({ state: 'inactive' });
    asked();
    expect(await json('daemon', 'start')).toMatchObject({ started: true, daemon: { pid: servicePid() } });
    expect(asked()).toEqual([`systemctl --user start khlone-${zone.sandbox.zone.id}.service`]);
    expect(servicePid()).not.toBe(first);
    // And a planned restart leaves it to the service too.
    const second = servicePid();
    expect(await json('daemon', 'restart')).toMatchObject({
      from: { pid: second },
      to: { pid: servicePid() },
    });
    expect(servicePid()).not.toBe(second);
  });

  it('does not keep a client from a daemon where its manager is gone', async () => {
    await json('service', 'install');
    await json('daemon', 'stop');
    writeFileSync(join(folder, 'deaf'), '');
    const { daemon } = await json<{ daemon: { pid: number } }>('daemon', 'start');
    expect(daemon.pid).not.toBe(servicePid());
    expect((await run('service', 'status')).stdout).toMatch(
      /does not answer: .*No medium found[^]*run by itself/,
    );
    await json('daemon', 'stop');
  });

  it('is nothing to clients of another state', async () => {
    await json('service', 'install');
    asked();
    const other = {
      ...place.env,
      KHLONE_HOME: join(zone.sandbox.folder, 'h2'),
      XDG_RUNTIME_DIR: join(folder, 'r2'),
    };
    mkdirSync(other.XDG_RUNTIME_DIR, { mode: 0o700 });
    const elsewhere = { ...place, env: other };
    const started = await runCli(['daemon', 'start', '--json'], elsewhere);
    const { daemon } = JSON.parse(started.stdout) as { daemon: { pid: number } };
    expect(daemon.pid).not.toBe(servicePid());
    expect(asked()).toEqual([]);
    expect((await runCli(['daemon', 'stop'], elsewhere)).code).toBe(0);
  });

  it('writes nothing where no manager answers, and says what to do; prints what it would write', async () => {
    writeFileSync(join(folder, 'deaf'), '');
    const refused = await run('service', 'install');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/No medium found[^]*next: .*--print/);
    expect(existsSync(unitOf())).toBe(false);
    expect((await run('service', 'install', '--print')).stdout).toMatch(
      /^ExecStart="\/.*KillMode=process$/ms,
    );
    const none = await runCli(['service', 'install'], { ...place, env: { ...place.env, PATH: '/nowhere' } });
    expect(none.stderr).toContain('there is none on this machine');
    expect(zone.processes()).toEqual([]);
  });
});

describe('a launchd agent', () => {
  it('is put in, runs the daemon and is taken out', async () => {
    const { zone: of } = zone.sandbox;
    const agent = servicePlace(of, place.env, 'darwin');
    const manager = serviceManager(agent, place.env);
    const target = `gui/${process.getuid?.()}`;
    expect(await manager.fault()).toBeUndefined();
    expect(manager.installed()).toBeUndefined();
    const env = serviceEnvironment(place.env);
    const text = launchdPlist({ zone: of, node: process.execPath, program: daemonProgram, env }, agent.name);
    await manager.install(text);
    expect(manager.installed()).toBe(text);
    expect(asked()).toEqual([
      `launchctl print ${target}`,
      `launchctl bootout ${target}/${agent.name}`,
      `launchctl bootstrap ${target} ${agent.file}`,
    ]);
    const pid = servicePid();
    const answering = (): Promise<number | undefined> =>
      zone.connect({ autoStart: false }).then(
        ({ session }) => session.daemon.pid,
        () => undefined,
      );
    await expect.poll(answering, patient).toBe(pid);
    expect(await manager.state()).toEqual({ state: 'running', pid });
    await manager.uninstall();
    await goneWithin(pid ?? 0, 30_000);
    expect(existsSync(agent.file)).toBe(false);
  });
});
