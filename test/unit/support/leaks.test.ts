import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectNoLeaks, type TestRun } from '../../support/leaks.js';

const newRun = (): TestRun => {
  const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  return { id: `run-of-${folder}`, folder };
};

/** Starts a process that is nobody's child, and answers with its pid. */
async function orphan(env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const shell = spawn('/bin/sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { env, cwd });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  if (shell.exitCode === null) await once(shell, 'exit');
  return Number(line.toString());
}

/** A process that ended and that nobody has collected yet has no command line any more. */
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';

describe('the check for leaks', () => {
  it('is content with a run that left nothing', async () => {
    const run = newRun();
    await expect(expectNoLeaks(run, 0)).resolves.toBeUndefined();
    expect(existsSync(run.folder)).toBe(false);
  });

  it('names and removes a folder', async () => {
    const run = newRun();
    mkdirSync(join(run.folder, 'khlone-forgotten'));
    await expect(expectNoLeaks(run, 0)).rejects.toThrow('khlone-forgotten');
    expect(existsSync(run.folder)).toBe(false);
  });

  it('names and ends a process that inherited the mark', async () => {
    const run = newRun();
    const pid = await orphan({ KHLONE_TEST_RUN: run.id }, '/');
    await expect(expectNoLeaks(run, 0)).rejects.toThrow(`process ${pid}: `);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("names and ends a process that is in the run's folder, whatever its environment", async () => {
    const run = newRun();
    const pid = await orphan({}, run.folder);
    await expect(expectNoLeaks(run, 0)).rejects.toThrow(`process ${pid}: `);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});
