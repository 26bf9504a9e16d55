import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit.js';
import { runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { goneWithin } from '../support/processes.js';

let zone: DaemonZone;
let place: CliPlace;
beforeEach(() => {
  zone = new DaemonZone();
  place = { cwd: zone.root, env: zone.sandbox.env };
});
afterEach(() => zone[Symbol.asyncDispose]());

const khlone = (...words: string[]): Promise<CliResult> => runCli(words, place);

/** A shell as a clone, whose terminal is open. */
async function shell(): Promise<string> {
  await using client = await zone.connect();
  const command = ['bash', '--norc', '--noprofile'];
  const { name } = await client.clone.enroll({ role: 'shell', brain: 'command', command });
  const stream = await client.stream.attach({ who: name, mode: 'talk' });
  await stream.detach();
  return name;
}

async function daemonPid(): Promise<number> {
  await using client = await zone.connect();
  return client.session.daemon.pid;
}

describe('khlone daemon stop', () => {
  it('ends the brains that a crashed daemon has left, and says so', async () => {
    await shell();
    const pid = await daemonPid();
    process.kill(pid, 'SIGKILL');
    await goneWithin(pid, 10_000);
    expect(zone.brains()).toHaveLength(1);
    const stopped = await khlone('daemon', 'stop');
    expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/has stopped\.\n$/) });
    expect(stopped.stderr).toMatch(/^No daemon runs for .*, but 1 brain lives on after one; .*\n$/);
    expect(zone.processes()).toEqual([]);
    const again = await khlone('daemon', 'stop');
    expect(again).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^No daemon runs/) });
  });
});

describe('inside a clone', () => {
  const commands = ['act shell.1 true', 'daemon start', 'daemon stop', 'daemon status', 'status'];
  it.each(commands)('khlone %s starts no daemon, and says where it is', async (words) => {
    place = { ...place, env: { ...place.env, KHLONE_CLONE: 'shell.1' } };
    const { code, stderr } = await khlone(...words.split(' '));
    expect(stderr).toMatch(
      /^khlone: This is inside the clone shell\.1, which cannot reach its daemon\.\n {2}next: .*--grant-socket/,
    );
    expect(code).toBe(exitCodes.unreachable.code);
    expect(zone.processes()).toEqual([]);
  });

  it('says that the daemon is off to one that may reach it', async () => {
    const env = { ...place.env, KHLONE_CLONE: 'shell.1', KHLONE_SOCKET: zone.paths.socket };
    const { stderr } = await runCli(['act', 'shell.1', 'true'], { ...place, env });
    expect(stderr).toMatch(/^khlone: This is inside the clone shell\.1, which finds no daemon running\.\n/);
    expect(zone.processes()).toEqual([]);
  });

  it('reaches the daemon where it may, but does not talk to itself', async () => {
    const name = await shell();
    place = { ...place, env: { ...place.env, KHLONE_CLONE: name, KHLONE_SOCKET: zone.paths.socket } };
    expect(await khlone('act', name, 'echo one')).toMatchObject({ code: 0, stdout: 'one\n' });
    for (const who of [name, 'shell']) {
      const { code, stderr } = await runCli(['talk', who], place, 'echo two\n');
      expect(stderr).toMatch(
        /^khlone: This is inside shell\.1 already, and its terminal cannot show itself\./,
      );
      expect(code).toBe(exitCodes.usage.code);
    }
  });
});
