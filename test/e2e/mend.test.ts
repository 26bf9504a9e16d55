import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';
import { isAlive } from '../support/processes.js';

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly next?: string;
}

let zone: DaemonZone;
/** Somewhere else than in the zone, which may be gone. */
let place: CliPlace;
beforeEach(() => {
  zone = new DaemonZone();
  place = { cwd: zone.sandbox.folder, env: { ...zone.sandbox.env, LANG: 'C.UTF-8' } };
});
afterEach(() => zone[Symbol.asyncDispose]());

const run = (...words: string[]): Promise<CliResult> => runCli(words, place);

/** What the doctor says under a name. */
async function doctor(name: string, ...words: string[]): Promise<Check[]> {
  const { stdout } = await run('doctor', '--json', ...words);
  return (JSON.parse(stdout) as { checks: Check[] }).checks.filter((check) => check.name === name);
}

/** A daemon with a brain in mid-turn that was killed. */
async function killed(): Promise<number> {
  const khlone = await zone.connect();
  const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
  await using pieces = khlone.events({ types: ['message.delta'], who: name });
  await pieces.ready;
  await khlone.clone.act({ who: name, say: 'slow 60000' });
  await pieces.next();
  const [brain] = zone.brains();
  await zone.kill(khlone);
  await khlone.close();
  return brain?.pid ?? 0;
}

/** A socket that nobody listens on any more. */
async function deadSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}~`);
  await once(server, 'listening');
  renameSync(`${path}~`, path);
  server.close();
  await once(server, 'close');
}

describe('what a crash left', () => {
  it('is reported with what mends it, and removed with --fix: dead sockets only', async () => {
    expect(await doctor('leftovers')).toMatchObject([{ status: 'ok' }]);
    const brain = await killed();
    const { socket } = zone.paths;
    const unnamed = join(dirname(socket), '.a1b');
    await deadSocket(unnamed);
    expect(await doctor('dead socket')).toMatchObject([
      {
        status: 'warn',
        detail: expect.stringContaining(unnamed),
        next: expect.stringContaining('doctor --fix'),
      },
    ]);
    expect(await doctor('brains')).toMatchObject([
      { status: 'warn', detail: expect.stringContaining('1 of ') },
    ]);
    expect(existsSync(socket)).toBe(true);
    expect(await doctor('dead socket', '--fix')).toMatchObject([{ status: 'mended' }]);
    expect(readdirSync(dirname(socket))).toEqual(['s.lock']);
    expect(isAlive(brain)).toBe(true);

    // A daemon that starts does the same for itself.
    await deadSocket(unnamed);
    writeFileSync(`${zone.paths.info}.new`, '{"root":');
    const khlone = await zone.connect();
    expect(existsSync(unnamed)).toBe(false);
    expect(existsSync(`${zone.paths.info}.new`)).toBe(false);
    expect(await doctor('leftovers')).toMatchObject([{ status: 'ok' }]);
    expect((await khlone.clone.list()).clones).toHaveLength(1);
  });

  it('is never a socket or a lock of a daemon that lives', async () => {
    const khlone = await zone.connect();
    const info = zone.paths.info;
    await doctor('leftovers', '--fix', '--all-zones');
    // One that seems dead, since its zone.json tells of another socket: its lock proves that it lives.
    const other = join(dirname(zone.paths.socket), 'x');
    await deadSocket(other);
    writeFileSync(
      info,
      JSON.stringify({
        root: zone.root,
        socket: other,
        pid: 1,
        startedAt: '2026-01-01T00:00:00.000Z',
        version: '0',
      }),
    );
    expect(await doctor('dead socket', '--fix')).toMatchObject([
      { status: 'warn', detail: expect.stringContaining('has its lock') },
    ]);
    expect(existsSync(other)).toBe(true);
    expect((await khlone.daemon.status()).daemon.pid).toBe(khlone.session.daemon.pid);
    expect((await run('zones', '--forget', zone.sandbox.zone.id, '--force')).code).toBe(4);
    expect(existsSync(zone.paths.db)).toBe(true);
  });

  it('of a zone that is gone is listed, and ended and forgotten when the user speaks of all zones', async () => {
    const brain = await killed();
    const holders = zone.processes().filter(({ command }) => command.includes('holder/program'));
    rmSync(zone.root, { recursive: true });
    expect((await run('zones')).stdout).toMatch(/gone/);
    expect(await doctor('holder')).toMatchObject(
      holders.map(() => ({ status: 'warn', next: expect.stringContaining('--all-zones') })),
    );
    expect(await doctor('zone gone')).toMatchObject([
      { status: 'warn', next: expect.stringContaining('--forget') },
    ]);
    await doctor('leftovers', '--fix');
    expect(isAlive(brain)).toBe(true);
    expect((await run('zones', '--forget', zone.sandbox.zone.id)).code).toBe(4);
    const state = dirname(zone.sandbox.env['KHLONE_HOME'] ?? '');
    const found = await run('doctor', '--fix', '--all-zones');
    expect(found.stdout).toMatch(/mended: ended pid/);
    expect(found.stdout).toMatch(/mended: forgot /);
    expect(isAlive(brain)).toBe(false);
    expect(zone.processes()).toEqual([]);
    expect(readdirSync(join(state, 'h/zones'))).toEqual([]);
    expect((await run('zones', '--json')).stdout).toContain('"zones":[]');
  });

  it('with the state removed under its holders is found by the processes alone', async () => {
    const brain = await killed();
    rmSync(join(zone.sandbox.env['KHLONE_HOME'] ?? '', 'zones'), { recursive: true });
    expect((await doctor('holder')).length).toBeGreaterThan(0);
    await run('doctor', '--fix', '--all-zones');
    expect(isAlive(brain)).toBe(false);
    expect(await doctor('holder')).toEqual([]);
  });

  it('needs --fix before --all-zones', async () => {
    expect((await run('doctor', '--all-zones')).code).toBe(2);
  });
});

describe('khlone zones --forget', () => {
  it('forgets a zone that is gone, by id or folder, and one that is there only by force', async () => {
    const khlone = await zone.connect();
    await khlone.clone.enroll({ role: 'mechanic', brain: 'demo' });
    await zone.stop(khlone);
    const { id, root } = zone.sandbox.zone;
    const refused = await run('zones', '--forget', id);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--force');
    expect((await run('zones', '--forget', 'nowhere')).code).toBe(2);
    expect((await run('zones', '--forget', root, '--force')).code).toBe(0);
    expect(existsSync(dirname(zone.paths.db))).toBe(false);
    expect(existsSync(root)).toBe(true);
    // It begins anew.
    const again = await zone.connect();
    expect((await again.clone.list()).clones).toEqual([]);
    await zone.stop(again);
    rmSync(root, { recursive: true });
    expect(JSON.parse((await run('zones', '--forget', id, '--json')).stdout)).toEqual({ id, root });
    mkdirSync(root);
  });
});
