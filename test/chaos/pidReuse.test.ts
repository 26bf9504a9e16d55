import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { amount } from '../support/chaos/amount.js';

const support = join(import.meta.dirname, '../support');

/** A PID namespace of its own, in which the next pid can be chosen; as a user it takes a user namespace, too. */
const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const namespace = [...user, '--pid', '--fork', '--mount-proc', '--kill-child'];
const chosen = 'echo 300 > /proc/sys/kernel/ns_last_pid && sh -c "exit 0"';
const possible = spawnSync('unshare', [...namespace, 'sh', '-c', chosen]).status === 0;

async function run(kind: 'leader' | 'kin', rounds: number, ...options: string[]): Promise<unknown> {
  const program = [process.execPath, ...options, join(support, 'pidReuse.mjs'), String(rounds), kind];
  const { stdout } = await promisify(execFile)('unshare', [...namespace, ...program]);
  return JSON.parse(stdout);
}
const unchecked = ['--import', join(support, 'withoutStartTimes.mjs')];

describe.runIf(possible)('a pid that is given out again', () => {
  const rounds = amount({ short: 50, full: 1_000 });
  const fewer = amount({ short: 8, full: 200 });

  it(`to another process ${rounds} times is never signalled for the one that had it`, async () => {
    expect(await run('leader', rounds)).toEqual({ rounds, wrong: 0 });
  });

  it(`while the end of its brain is on is not, either, ${fewer} times`, async () => {
    expect(await run('kin', fewer)).toEqual({ rounds: fewer, wrong: 0 });
  });

  it('is hit every time without the look at start times', async () => {
    expect(await run('leader', 5, ...unchecked)).toEqual({ rounds: 5, wrong: 5 });
    expect(await run('kin', 3, ...unchecked)).toEqual({ rounds: 3, wrong: 3 });
  });
});
