import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { locateZone, reachDaemon, type Reached, type ReachRequest } from '../../../client/autostart.js';
import { dial } from '../../../client/dial.js';
import { allocation } from '../../../client/environment.js';
import { listZones } from '../../../client/zones.js';
import { parseZoneInfo, type ZoneInfo } from '../../../protocol/zone.js';
import { zoneSandbox, type ZoneSandbox } from '../../support/zone/sandbox.js';

const daemonProgram = fileURLToPath(new URL('../../support/zone/owner.mjs', import.meta.url));

/** What the program in daemonProgram says of itself to whoever connects. */
interface About {
  pid: number;
  session: number;
  cwd: string;
  env: Record<string, string>;
  descriptors: Record<string, string>;
}

let sandbox: ZoneSandbox;
let daemons: Set<number>;

const request = (env: NodeJS.ProcessEnv = {}): ReachRequest => {
  const whole = { ...sandbox.env, ...env };
  return { address: locateZone(sandbox.zone.root, whole), env: whole, daemonProgram };
};

async function hear({ socket }: Reached): Promise<About> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  const about = JSON.parse(text) as About;
  daemons.add(about.pid);
  return about;
}

function infoOf(of: ReachRequest): ZoneInfo | undefined {
  const { info } = of.address.paths;
  return existsSync(info) ? parseZoneInfo(readFileSync(info, 'utf8')) : undefined;
}

/** Ends a daemon and waits until the system has forgotten it; it is this process's child, though detached. */
async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(pid, signal);
    for (;;) {
      process.kill(pid, 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch {
    // Gone.
  }
}

beforeEach(() => {
  sandbox = zoneSandbox();
  daemons = new Set();
});

afterEach(async () => {
  const last = infoOf(request());
  if (last !== undefined) daemons.add(last.pid);
  daemons.delete(process.pid);
  await Promise.all([...daemons].map((pid) => end(pid, 'SIGKILL')));
  sandbox.remove();
});

test('starts a daemon where none answers, and finds the same one again', async () => {
  const first = await reachDaemon(request());
  expect(first.started).toBe(true);
  expect(first.path).toBe(request().address.paths.socket);
  const second = await reachDaemon(request());
  expect(second.started).toBe(false);
  expect((await hear(second)).pid).toBe((await hear(first)).pid);
});

/** This process's pipes and sockets, as `/proc` names them. */
function ownPipesAndSockets(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /^(socket|pipe):/.test(target) ? [target] : [];
    } catch {
      // The descriptor by which the folder was read.
      return [];
    }
  });
}

test('the daemon has a session, a folder, an environment and descriptors of its own', async () => {
  const secret = { ANTHROPIC_API_KEY: 'secret', NODE_OPTIONS: '--no-warnings' };
  const about = await hear(await reachDaemon(request(secret)));
  const later = await hear(await reachDaemon(request()));
  expect(about.session).toBe(about.pid);
  expect(about.cwd).toBe('/');
  expect(about.env).toEqual({ ...sandbox.env, ...allocation });
  for (const fd of [0, 1, 2]) expect(later.descriptors[fd]).toBe('/dev/null');
  // Nothing of ours came along: a descriptor that is inherited is the same pipe or socket on both sides.
  const ours = new Set(ownPipesAndSockets());
  expect(ours.size).toBeGreaterThan(0);
  expect(Object.values(later.descriptors).filter((target) => ours.has(target))).toEqual([]);
});

test('many clients at once come to one daemon', async () => {
  const reached = await Promise.all(Array.from({ length: 5 }, () => reachDaemon(request())));
  const pids = await Promise.all(reached.map(async (each) => (await hear(each)).pid));
  expect(new Set(pids).size).toBe(1);
  expect(reached.filter(({ started }) => started)).toHaveLength(1);
});

test('a killed daemon is replaced, and its stale socket with it', async () => {
  const first = await hear(await reachDaemon(request()));
  await end(first.pid, 'SIGKILL');
  expect(lstatSync(request().address.paths.socket).isSocket()).toBe(true);
  const second = await reachDaemon(request());
  expect(second.started).toBe(true);
  expect((await hear(second)).pid).not.toBe(first.pid);
});

test('a daemon that was started in another environment is found where it is', async () => {
  const login = await hear(await reachDaemon(request()));
  const elsewhere = join(sandbox.folder, 'r2');
  mkdirSync(elsewhere, { mode: 0o700 });
  const cron = await reachDaemon(request({ XDG_RUNTIME_DIR: elsewhere }));
  expect(cron.path).toBe(request().address.paths.socket);
  expect((await hear(cron)).pid).toBe(login.pid);
});

test('why a daemon does not start reaches the client', async () => {
  await expect(reachDaemon(request({ KHLONE_TEST_START: 'fail' }))).rejects.toThrow(
    expect.objectContaining({
      kind: 'databaseNewer',
      details: { path: '/x/khlone.db', found: 9, supported: 1 },
    }),
  );
});

test('a daemon that ends without a word is told apart from one that was killed', async () => {
  for (const [start, ending] of [
    ['crash', 'code 3'],
    ['die', 'signal SIGKILL'],
  ] as const) {
    await expect(reachDaemon(request({ KHLONE_TEST_START: start }))).rejects.toThrow(
      expect.objectContaining({
        kind: 'daemonUnreachable',
        message: expect.stringContaining(`the daemon ended with ${ending} before it was ready`) as string,
      }),
    );
  }
});

test('a program that is not there is a typed error', async () => {
  const missing = { ...request(), daemonProgram: join(sandbox.folder, 'missing.js') };
  await expect(reachDaemon(missing)).rejects.toThrow(expect.objectContaining({ kind: 'daemonUnreachable' }));
});

test('nothing is started when that is not wanted', async () => {
  await expect(reachDaemon({ ...request(), start: false })).rejects.toThrow(
    expect.objectContaining({
      kind: 'daemonUnreachable',
      message: expect.stringContaining('ENOENT') as string,
    }),
  );
  expect(existsSync(join(sandbox.folder, 'h'))).toBe(false);
});

test('a wait is given up when the signal says so', async () => {
  const reason = new Error('enough');
  await expect(reachDaemon({ ...request(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(existsSync(join(sandbox.folder, 'h'))).toBe(false);
});

test('folders and sockets of others are refused before anything is sent', async () => {
  const { paths } = request().address;
  const [base] = paths.socketFolders;
  mkdirSync(dirname(paths.socket), { recursive: true, mode: 0o700 });
  chmodSync(base as string, 0o755);
  const unsafe = expect.objectContaining({ kind: 'pathUnsafe' }) as unknown;
  await expect(reachDaemon(request())).rejects.toThrow(unsafe);
  chmodSync(base as string, 0o700);
  writeFileSync(paths.socket, '');
  await expect(reachDaemon(request())).rejects.toThrow(unsafe);
});

test('a stale socket is nobody, and stays where it is', async () => {
  const { paths } = request().address;
  mkdirSync(dirname(paths.socket), { recursive: true, mode: 0o700 });
  const server = createServer();
  server.listen(`${paths.socket}~`);
  await once(server, 'listening');
  chmodSync(`${paths.socket}~`, 0o600);
  renameSync(`${paths.socket}~`, paths.socket);
  server.close();
  await once(server, 'close');
  expect(await dial(paths)).toEqual({ state: 'absent', code: 'ECONNREFUSED' });
  expect(lstatSync(paths.socket).isSocket()).toBe(true);
});

test('zones are listed with whether they answer', async () => {
  expect(await listZones(sandbox.env)).toEqual([]);
  const { pid } = await hear(await reachDaemon(request()));
  const zones = join(sandbox.folder, 'h', 'zones');
  for (const [id, text] of [
    ['odd', '{'],
    ['none', undefined],
  ] as const) {
    mkdirSync(join(zones, id), { mode: 0o700 });
    if (text !== undefined) writeFileSync(join(zones, id, 'zone.json'), text);
  }
  const expected = {
    id: sandbox.zone.id,
    root: sandbox.zone.root,
    pid,
    socket: request().address.paths.socket,
  };
  expect(await listZones(sandbox.env)).toMatchObject([{ ...expected, alive: true }]);
  await end(pid, 'SIGTERM');
  expect(await listZones(sandbox.env)).toMatchObject([{ ...expected, alive: false }]);
});

test('a full backlog is waited out', async () => {
  const { paths } = request().address;
  mkdirSync(dirname(paths.socket), { recursive: true, mode: 0o700 });
  const held: Socket[] = [];
  const server = createServer((socket) => held.push(socket));
  const before = process.umask(0o177);
  server.listen({ path: paths.socket, backlog: 1 });
  process.umask(before);
  await once(server, 'listening');
  // All in one turn, so that the server accepts none of them in between.
  const reached = await Promise.all(
    Array.from({ length: 8 }, () => reachDaemon({ ...request(), start: false })),
  );
  expect(reached).toHaveLength(8);
  for (const { socket } of reached) socket.destroy();
  for (const socket of held) socket.destroy();
  server.close();
  await once(server, 'close');
});
