import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { exists, waitForEnd } from '../../../cli/processEnd.js';

it('tells a process that runs from one that has ended, its parent having taken note or not', async () => {
  // The shell becomes a sleeper, which never takes note of the child that it had.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(parent, 'exit');
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    await waitForEnd(Number(line.toString()), 20_000);
    expect(exists(parent.pid ?? 0)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
    await ended;
  }
  await waitForEnd(parent.pid ?? 0, 20_000);
  expect(exists(parent.pid ?? 0)).toBe(false);
});
