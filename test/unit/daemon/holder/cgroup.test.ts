import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  boundCpus,
  boundMemory,
  memoryKills,
  ownCgroup,
  removeForgotten,
} from '../../../../daemon/holder/brainCgroup.js';
import { Cgroups } from '../../../../daemon/holder/cgroups.js';
import { canHave, type CgroupHome, findHome, parentWith } from '../../../../daemon/holder/cgroupHome.js';
import type { ProcessIdentity } from '../../../../daemon/holder/contract.js';
import { sweep } from '../../../../daemon/holder/kill.js';
import { bootId } from '../../../../daemon/holder/program/identity.js';
import type { BrainFile } from '../../../../daemon/holder/program/wire.js';
import { HolderStage } from '../../../support/holders.js';
import { isAlive } from '../../../support/processes.js';

/** A tree of folders with the files that a hierarchy has: what a kernel without controllers cannot show. */
describe.runIf(process.platform === 'linux')('where cgroups can be made', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const cgroup = (path: string, files: Record<string, string> = {}): void => {
    mkdirSync(join(root, path), { recursive: true });
    for (const [name, text] of Object.entries({ 'cgroup.procs': '', ...files }))
      writeFileSync(join(root, path, name), text);
  };
  const find = (own: string, mount = `30 24 0:26 / ${root} rw,nosuid - cgroup2 cgroup2 rw`): unknown =>
    findHome(() => ({
      mounts: `1 2 0:1 / /proc rw - proc proc rw\n${mount}\n`,
      cgroups: `9:name=systemd:/\n0::${own}\n`,
    }));

  it('is told with the reason where there is no hierarchy, or this process is outside of it', () => {
    expect(find('/a', '')).toEqual({ reason: 'cgroup version 2 is not mounted' });
    expect(find('/../x')).toEqual({ reason: 'this process is outside of what is mounted' });
    expect(find('/gone')).toMatchObject({ reason: expect.stringContaining('ENOENT') as string });
  });

  it('are those from our own upwards; a mounted part counts from its root', () => {
    cgroup('');
    cgroup('user');
    cgroup('user/app');
    const parents = [join(root, 'user/app'), join(root, 'user'), root];
    // A folder is no kernel: what is made in it has no cgroup.procs until it is written.
    expect(find('/user/app')).toEqual({ own: parents[0], parents });
    const part = `30 24 0:26 /deep ${root} rw - cgroup2 cgroup2 rw`;
    expect(find('/deep/user', part)).toEqual({ own: parents[1], parents: [parents[1], root] });
  });

  it('are bounded in the nearest one that has the controllers', () => {
    cgroup('', { 'cgroup.subtree_control': 'memory pids', 'cgroup.controllers': 'memory pids' });
    cgroup('app', { 'cgroup.subtree_control': 'pids', 'cgroup.controllers': 'pids' });
    const home: CgroupHome = { own: join(root, 'app'), parents: [join(root, 'app'), root] };
    expect(parentWith(home, [])).toBe(join(root, 'app'));
    expect(parentWith(home, ['memory'])).toBe(root);
    expect(parentWith(home, ['memory', 'cpu'])).toBeUndefined();
  });

  it('get no controller turned on in a folder with processes, but at the very root', () => {
    const controllers = { 'cgroup.controllers': 'memory cpu' };
    cgroup('', controllers);
    cgroup('scope', { ...controllers, 'cgroup.type': 'domain', 'cgroup.procs': '4711' });
    cgroup('slice', { ...controllers, 'cgroup.type': 'domain' });
    const turnedOn = (name: string): string => {
      const folder = join(root, name);
      const home: CgroupHome = { own: folder, parents: [folder] };
      expect(canHave(home, 'cpu')).toBe(name !== 'scope');
      parentWith(home, ['cpu']);
      const path = join(folder, 'cgroup.subtree_control');
      return existsSync(path) ? readFileSync(path, 'utf8') : 'nothing';
    };
    // A folder is no kernel: it keeps what was written.
    expect(turnedOn('scope')).toBe('nothing');
    expect(turnedOn('slice')).toBe('+cpu');
    writeFileSync(join(root, 'cgroup.procs'), '1');
    expect(turnedOn('.')).toBe('+cpu');
  });

  it('take their bounds, and tell how often memory ran out', () => {
    cgroup('b', { 'memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 1\n' });
    const folder = join(root, 'b');
    boundMemory(folder, 512 * 1024 * 1024);
    boundCpus(folder, 1.5);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect([read('memory.max'), read('memory.oom.group'), read('cpu.max')]).toEqual([
      '536870912',
      '1',
      '150000 100000',
    ]);
    expect(memoryKills(folder)).toBe(2);
    expect(memoryKills(join(root, 'none'))).toBe(0);
  });
});

describe.runIf(!('reason' in findHome()))('the cgroup of a brain', () => {
  let stage: HolderStage;
  beforeAll(() => {
    stage = new HolderStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());
  const what = { tag: { clone: 'mechanic.1' }, cwd: tmpdir(), env: { PATH: '/usr/bin:/bin' } };
  const sleeper = { ...what, program: 'sleep', args: ['1000'] };
  const membersOf = (cgroup: string | undefined): string =>
    readFileSync(join(cgroup ?? '', 'cgroup.procs'), 'utf8').trim();

  it.each(['pipes', 'terminal'])('holds it from its first moment on, and nothing else: %s', async (kind) => {
    const holders = stage.open();
    const held =
      kind === 'pipes'
        ? await holders.spawn(sleeper)
        : await holders.spawnTerminal(sleeper, { cols: 80, rows: 24 });
    const { pid, cgroup, run } = held.identity;
    expect(membersOf(cgroup)).toBe(String(pid));
    const file = JSON.parse(readFileSync(join(stage.folder, run, 'brain.json'), 'utf8')) as BrainFile;
    expect(file.brain).toEqual(held.identity);
    expect(readFileSync(`/proc/${file.holder.pid}/cgroup`, 'utf8')).toBe(
      readFileSync('/proc/self/cgroup', 'utf8'),
    );
    await held.kill(1_000);
    expect(existsSync(cgroup ?? '')).toBe(false);
  });

  it('is taken away where the program did not start, and where the brain ended by itself', async () => {
    const home = findHome() as CgroupHome;
    const made: string[] = [];
    const cgroups = new Cgroups(() => home);
    const make = cgroups.make.bind(cgroups);
    cgroups.make = (run) => {
      const place = make(run);
      made.push(place?.place.folder ?? '');
      return place;
    };
    const holders = stage.open({ cgroups });
    await expect(holders.spawn({ ...sleeper, program: '/nowhere' })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    const held = await holders.spawn({ ...sleeper, args: ['0'] });
    await held.exited;
    expect(made).toHaveLength(2);
    expect(made.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it('is done without where it cannot be entered', async () => {
    const { own } = findHome() as CgroupHome;
    const cgroups = new Cgroups();
    cgroups.make = () => ({ place: { folder: join(own, 'khlone-none'), back: own }, bounds: {} });
    const held = await stage.open({ cgroups }).spawn(sleeper);
    expect(held.identity).not.toHaveProperty('cgroup');
    expect(await held.kill(1_000)).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('is emptied by a later daemon, also where nothing was written down of its brain', async () => {
    const { parents } = findHome() as CgroupHome;
    const run = 'fedcba9876543210';
    const folder = join(parents[0] ?? '', `khlone-${run}`);
    mkdirSync(folder);
    mkdirSync(join(stage.folder, run));
    const stray = spawn('sleep', ['1000'], {
      stdio: 'ignore',
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
    });
    const exited = once(stray, 'exit');
    writeFileSync(join(folder, 'cgroup.procs'), String(stray.pid));
    const { ended } = await stage.open().find();
    expect(await ended).toBe(1);
    await exited;
    expect(existsSync(folder)).toBe(false);
  });

  it('is taken away by any daemon, a while after its own was killed, if nothing runs in it', async () => {
    // Apart from those of others, which this test must not take away.
    const parent = join((findHome() as CgroupHome).parents[0] ?? '', `test-${process.pid}`);
    const folder = join(parent, 'khlone-0f0f0f0f0f0f0f0f');
    mkdirSync(folder, { recursive: true });
    removeForgotten([parent]);
    expect(existsSync(folder)).toBe(true);
    const later = Date.now() + 2 * 60 * 60 * 1000;
    const stray = spawn('sleep', ['1000'], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } });
    writeFileSync(join(folder, 'cgroup.procs'), String(stray.pid));
    removeForgotten([parent], later);
    expect(existsSync(folder)).toBe(true);
    const exited = once(stray, 'exit');
    stray.kill('SIGKILL');
    await exited;
    removeForgotten([parent], later);
    expect(existsSync(folder)).toBe(false);
    rmdirSync(parent);
  });

  it('is left alone where an identity names one that is not its own', async () => {
    const { own } = findHome() as CgroupHome;
    const identity: ProcessIdentity = {
      pid: -1,
      startTime: '',
      bootId: bootId(),
      run: 'of-nobody',
      cgroup: own,
    };
    expect(ownCgroup(identity)).toBeUndefined();
    expect(await sweep([identity])).toBe(0);
    expect(isAlive(process.pid)).toBe(true);
  });
});
