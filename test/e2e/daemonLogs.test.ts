import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cliProgram, RunningCli, runCli, type CliPlace } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';

let zone: DaemonZone;
let place: CliPlace;
beforeEach(() => {
  zone = new DaemonZone();
  place = { cwd: zone.root, env: zone.sandbox.env };
});
afterEach(() => zone[Symbol.asyncDispose]());

it('prints the log of a daemon that runs or not, for people and as it was written', async () => {
  const none = await runCli(['daemon', 'logs'], place);
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('daemon.log') });
  const khlone = await zone.connect();
  const { pid } = khlone.session.daemon;
  await zone.stop(khlone);
  const people = await runCli(['daemon', 'logs'], place);
  expect(people.stdout).toMatch(/ info {2}listening .*\n.* info {2}stopping .*\n.* info {2}stopped\n$/);
  const raw = await runCli(['daemon', 'logs', '--json', '-n', '2'], place);
  const lines = raw.stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    'stopping',
    'stopped',
  ]);
  expect((await runCli(['daemon', 'logs', '--level', 'error'], place)).stdout).toBe('');
  expect((await runCli(['daemon', 'logs', '--level', 'loud'], place)).code).toBe(2);
  expect(zone.processes().some((found) => found.pid === pid)).toBe(false);
});

it('follows the log across daemons, and ends in good order on Ctrl-C', async () => {
  const following = new RunningCli(['daemon', 'logs', '-f'], place);
  const first = await zone.connect();
  await following.said('stdout', /listening/);
  await zone.kill(first);
  const second = await zone.connect();
  await following.said('stdout', /listening[\s\S]*listening/);
  await zone.stop(second);
  await following.said('stdout', /stopped/);
  following.child.kill('SIGINT');
  expect((await following.ended).code).toBe(0);
});

it('ends in good order when nobody reads any more', async () => {
  const khlone = await zone.connect();
  const child = spawn(process.execPath, [cliProgram, 'daemon', 'logs', '-f'], {
    ...place,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  // It learns of it with the next line.
  await zone.stop(khlone);
  expect((await ended)[0]).toBe(0);
});
