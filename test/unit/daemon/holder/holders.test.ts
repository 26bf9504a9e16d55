import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HeldProcess, ProcessIdentity } from '../../../../daemon/holder/contract.js';
import type { Holders } from '../../../../daemon/holder/holders.js';
import { signalGroup } from '../../../../daemon/holder/kill.js';
import { bubblewrap } from '../../../../daemon/holder/namespace.js';
import {
  factsFromProc,
  factsFromPs,
  identify,
  isRunning,
} from '../../../../daemon/holder/program/identity.js';
import { runMarker } from '../../../../daemon/holder/program/wire.js';
import { processTable, tableFromPs, treeOf } from '../../../../daemon/holder/processTable.js';
import { carriersFromPs, findStrays } from '../../../../daemon/holder/strays.js';
import type { BrainFile } from '../../../../daemon/holder/program/wire.js';
import { endSurvivors } from '../../../../daemon/holder/survivors.js';
import { HolderStage, stageUmask } from '../../../support/holders.js';

const held: HeldProcess[] = [];
let stage: HolderStage;
let holder: Holders;

beforeAll(() => {
  stage = new HolderStage();
  holder = stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

const run = async (script: string, env: Record<string, string> = {}): Promise<HeldProcess> => {
  const process_ = await holder.spawn({
    tag: { clone: 'mechanic.1' },
    program: process.execPath,
    args: ['-e', script],
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin', ...env },
  });
  held.push(process_);
  return process_;
};

const firstOutput = (from: HeldProcess): Promise<string> =>
  new Promise((resolve) => {
    from.onStdout((chunk) => resolve(chunk.toString()));
  });

const running = (pid: number): boolean => {
  const facts = factsFromProc(pid);
  return facts !== undefined && !facts.zombie;
};

afterEach(async () => {
  await Promise.all(held.splice(0).map((each) => each.kill(0)));
});

describe('a program behind pipes', () => {
  it('makes files with the umask of the user, not with that of its holder', async () => {
    const child = await run(`console.log(process.umask())`);
    expect(Number(await firstOutput(child))).toBe(stageUmask);
    const what = { program: '/bin/sh', args: ['-c', 'umask'], cwd: tmpdir(), env: { PATH: '/usr/bin:/bin' } };
    const terminal = await holder.spawnTerminal(
      { ...what, tag: { clone: 'mechanic.1' } },
      { cols: 80, rows: 24 },
    );
    const heard: Buffer[] = [];
    terminal.onOutput((_, chunk) => heard.push(Buffer.from(chunk)));
    await terminal.exited;
    expect(Number.parseInt(Buffer.concat(heard).toString(), 8)).toBe(stageUmask);
  });

  it('writes down whose process it is before it calls it running', async () => {
    const child = await run('process.stdin.resume()');
    const { run: name } = child.identity;
    const file = JSON.parse(readFileSync(join(stage.folder, name, 'brain.json'), 'utf8')) as BrainFile;
    expect(file).toMatchObject({
      version: 1,
      kind: 'pipes',
      tag: { clone: 'mechanic.1' },
      brain: child.identity,
    });
    expect(isRunning(file.brain)).toBe(true);
    expect(isRunning(file.holder)).toBe(true);
    expect(child.isAlive()).toBe(true);
    child.end();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.isAlive()).toBe(false);
    // Nothing is kept of pipes.
    await expect.poll(() => existsSync(join(stage.folder, name))).toBe(false);
  });

  it('gives the program exactly the environment it was told, and the marker', async () => {
    const child = await run('console.log(JSON.stringify(process.env))', { ONE: '1' });
    expect(JSON.parse(await firstOutput(child))).toEqual({
      PATH: '/usr/bin:/bin',
      ONE: '1',
      [runMarker]: child.identity.run,
    });
  });

  it('delivers all output before it says that the process has ended', async () => {
    const size = 8 * 1024 * 1024;
    const child = await run(`process.stdout.write('x'.repeat(${size}))`);
    let seen = 0;
    child.onStdout((chunk) => (seen += chunk.length));
    await child.exited;
    expect(seen).toBe(size);
  });

  it('takes writes of several MB, and survives a reader that left', async () => {
    const child = await run(
      `let n = 0; process.stdin.on('data', (d) => (n += d.length)).on('end', () => console.log(n))`,
    );
    const size = 4 * 1024 * 1024;
    const answer = firstOutput(child);
    await child.write('y'.repeat(size));
    child.end();
    expect(Number(await answer)).toBe(size);

    const deaf = await run(
      'require("node:fs").closeSync(0); console.log("closed"); setInterval(() => {}, 1000)',
    );
    await firstOutput(deaf);
    await deaf.write('z'.repeat(1024 * 1024));
    await deaf.write('more');
    expect(deaf.isAlive()).toBe(true);
  });

  it('lets go of a write that nobody reads when the process ends', async () => {
    const child = await run('console.log("up"); setInterval(() => {}, 1000)');
    await firstOutput(child);
    const stuck = child.write('z'.repeat(8 * 1024 * 1024));
    await child.kill(1_000);
    await expect(stuck).resolves.toBeUndefined();
    await expect(child.write('after the end')).resolves.toBeUndefined();
  });

  it('says why a program did not start', async () => {
    const missing = { tag: {}, program: '/nowhere/at/all', args: [], cwd: tmpdir(), env: {} };
    await expect(holder.spawn(missing)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('uses SIGKILL on a child that ignores SIGTERM', async () => {
    const child = await run(
      `process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)`,
    );
    await firstOutput(child);
    expect(await child.kill(50)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('lets a child that obeys end by SIGTERM, without waiting for the grace', async () => {
    const child = await run('setInterval(() => {}, 1000)');
    expect(await child.kill(600_000)).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('sweeps a grandchild that moved to a session of its own', async () => {
    const child = await run(`
      const { spawn } = require('node:child_process');
      const stray = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
      console.log(stray.pid);
      setInterval(() => {}, 1000);
    `);
    const stray = Number(await firstOutput(child));
    expect(running(stray)).toBe(true);
    expect(factsFromProc(stray)?.session).not.toBe(child.identity.pid);
    await child.kill(1_000);
    expect(running(stray)).toBe(false);
  });

  it('sweeps a grandchild that threw the marker away but stayed in the session, after the child ended by itself', async () => {
    const child = await run(`
      const { spawn } = require('node:child_process');
      const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env: {}, stdio: 'inherit' });
      stray.unref();
      process.stdout.write(String(stray.pid), () => process.exit(3));
    `);
    const stray = Number(await firstOutput(child));
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(running(stray)).toBe(false);
  });
});

describe('identities', () => {
  it('never signal another process that got the number', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
      detached: true,
    });
    await once(child, 'spawn');
    const exited = once(child, 'exit');
    const now = identify(child.pid ?? 0, 'token-of-another-run') as ProcessIdentity;
    const before: ProcessIdentity = { ...now, startTime: String(Number(now.startTime) - 1) };
    const otherBoot: ProcessIdentity = { ...now, bootId: 'another-boot' };
    expect(isRunning(now)).toBe(true);
    expect(isRunning(before)).toBe(false);
    expect(isRunning(otherBoot)).toBe(false);
    expect(signalGroup(before, 'SIGKILL')).toBe(false);
    expect(await endSurvivors([before, otherBoot], 10)).toBe(0);
    expect(running(now.pid)).toBe(true);
    expect(await endSurvivors([now], 1_000)).toBe(1);
    await exited;
  });

  it('are found the same way through ps', async () => {
    const child = await run('setInterval(() => {}, 1000)');
    const { pid, run: token } = child.identity;
    const facts = factsFromPs(pid);
    expect(facts).toMatchObject({ session: pid, zombie: false });
    expect(factsFromPs(pid)).toEqual(facts);
    const carriers = await carriersFromPs([`${runMarker}=${token}`]);
    expect(carriers.filter((carrier) => carrier.marked).map((carrier) => carrier.pid)).toEqual([pid]);
  });
});

describe('the table of processes', () => {
  it('is the same through ps as through /proc', async () => {
    const child = await run('setInterval(() => {}, 1000)');
    const { pid } = child.identity;
    const [fromProc, fromPs] = await Promise.all([processTable(), tableFromPs()]);
    const [ofProc] = treeOf(pid, fromProc);
    const [ofPs] = treeOf(pid, fromPs);
    expect(ofPs).toMatchObject({ pid, parent: ofProc?.parent, session: pid, zombie: false });
    expect(Math.abs((ofPs?.rssBytes ?? 0) - (ofProc?.rssBytes ?? 0))).toBeLessThan(50_000_000);
    expect(ofPs?.rssBytes).toBeGreaterThan(10_000_000);
    expect(ofPs?.startTime).toBe(factsFromPs(pid)?.startTime);
    expect(ofProc?.startTime).toBe(factsFromProc(pid)?.startTime);
    expect(Math.abs((ofPs?.cpuMs ?? 0) - (ofProc?.cpuMs ?? 0))).toBeLessThan(2_000);
  });
});

describe('survivors of a killed daemon', () => {
  it('are ended with their strays, also when the first process is gone already', async () => {
    const token = `survivor-${process.pid}`;
    const script = `
      const { spawn } = require('node:child_process');
      const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
      stray.unref();
      process.stdout.write(String(stray.pid), () => process.exit(0));
    `;
    const leader = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: { [runMarker]: token },
    });
    const identity = identify(leader.pid ?? 0, token) as ProcessIdentity;
    const exited = once(leader, 'exit');
    const stray = Number(String((await once(leader.stdout, 'data'))[0]));
    await exited;
    expect(await findStrays([identity])).toMatchObject([{ pid: stray }]);
    expect(await endSurvivors([identity], 1_000)).toBe(1);
    expect(running(stray)).toBe(false);
  });
});

describe.runIf((await bubblewrap()) !== undefined)('a program in a PID namespace', () => {
  const spawnIn = (script: string): Promise<HeldProcess> =>
    holder.spawn({
      tag: { clone: 'mechanic.1' },
      program: '/bin/sh',
      args: ['-c', script],
      cwd: tmpdir(),
      env: { PATH: '/usr/bin:/bin' },
      limits: { namespace: true },
    });

  it('sees no other processes, and ends with its own exit code', async () => {
    const child = await spawnIn('echo $$; ls -d /proc/[0-9]* | wc -l; exit 7');
    let output = '';
    child.onStdout((chunk) => (output += chunk.toString()));
    expect(await child.exited).toEqual({ code: 7, signal: null });
    const [pid, processes] = output.trim().split(/\s+/).map(Number);
    expect(pid).toBeLessThan(10);
    expect(processes).toBeLessThan(10);
    expect(holder.boundsOf('mechanic.1', { namespace: true })).not.toHaveProperty('processes', 'marker');
  });

  it('is given its time to end in order, as any other', async () => {
    const child = await spawnIn(
      'trap "sleep 0.2; echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done',
    );
    let output = '';
    const up = new Promise<void>((resolve) => {
      child.onStdout((chunk) => {
        output += chunk.toString();
        if (output.includes('up')) resolve();
      });
    });
    await up;
    expect(await child.kill(30_000)).toEqual({ code: 5, signal: null });
    expect(output).toContain('bye');
  });

  it('is killed where it does not obey', async () => {
    const child = await spawnIn('trap "" TERM; echo up; exec sleep 1000');
    await firstOutput(child);
    expect((await child.kill(50)).signal).toBe('SIGKILL');
  });
});
