import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DisposableStore } from '../../../../daemon/lifecycle.js';
import { claimZone, type ZoneClaim } from '../../../../daemon/zone/owner.js';
import { packageVersion } from '../../../../protocol/version.js';
import { parseZoneInfo, type Zone } from '../../../../protocol/zone.js';
import { zoneSandbox, type ZoneSandbox } from '../../../support/zone/sandbox.js';

let sandbox: ZoneSandbox;
let held: DisposableStore;
let umask: number;

const claim = (change: NodeJS.ProcessEnv = {}, zone: Zone = sandbox.zone): ZoneClaim =>
  held.add(claimZone({ zone, env: { ...sandbox.env, ...change } }));
const onConnection = (): void => undefined;
const kind = (name: string): unknown => expect.objectContaining({ kind: name });

beforeEach(() => {
  umask = process.umask();
  sandbox = zoneSandbox();
  held = new DisposableStore();
});

afterEach(() => {
  held.dispose();
  process.umask(umask);
  sandbox.remove();
});

test('a claim makes private folders and listens only when told to', async () => {
  const { paths } = claim();
  for (const path of [...paths.stateFolders, ...paths.socketFolders]) {
    expect(lstatSync(path).mode & 0o777).toBe(0o700);
  }
  expect(lstatSync(paths.lock).mode & 0o777).toBe(0o600);
  expect(() => lstatSync(paths.socket)).toThrow('ENOENT');
});

test('the second claim of a zone is refused until the first is given back', async () => {
  const first = claim();
  expect(() => claim()).toThrow(kind('zoneLocked'));
  await first.listen({ onConnection });
  expect(() => claim()).toThrow(kind('zoneLocked'));
  first.dispose();
  expect(() => lstatSync(first.paths.socket)).toThrow('ENOENT');
  await claim().listen({ onConnection });
});

test('two states cannot serve one zone at one socket, and a refused claim holds nothing', () => {
  const first = claim();
  expect(() => claim({ KHLONE_HOME: join(sandbox.folder, 'h2') })).toThrow(kind('zoneLocked'));
  first.dispose();
  claim({ KHLONE_HOME: join(sandbox.folder, 'h2') });
  expect(() => claim()).toThrow(kind('zoneLocked'));
});

test('two zones cannot share the socket of KHLONE_SOCKET', () => {
  const change = { KHLONE_SOCKET: join(sandbox.folder, 'k') };
  claim(change);
  expect(() => claim(change, { root: '/other', id: 'f'.repeat(16) })).toThrow(kind('zoneLocked'));
});

test('zone.json says who listens where, and stays when the daemon stops', async () => {
  const owner = claim();
  const startedAt = '2026-01-02T03:04:05.678Z';
  await owner.listen({ onConnection, startedAt });
  const { info, socket } = owner.paths;
  const expected = { root: sandbox.zone.root, socket, pid: process.pid, startedAt, version: packageVersion };
  expect(parseZoneInfo(readFileSync(info, 'utf8'))).toEqual(expected);
  expect(lstatSync(info).mode & 0o777).toBe(0o600);
  owner.dispose();
  expect(parseZoneInfo(readFileSync(info, 'utf8'))).toEqual(expected);
});

test('an owner learns that its socket or its lock was taken away', async () => {
  for (const name of ['socket', 'lock', 'socketLock'] as const) {
    const owner = claim();
    const lost = new Promise<string>((resolve) => held.add(owner.lost.on(resolve)));
    await owner.listen({ onConnection, watchEveryMs: 5 });
    renameSync(owner.paths[name], `${owner.paths[name]}.away`);
    expect(await lost).toBe(`${owner.paths[name]} was removed or replaced`);
    owner.dispose();
    unlinkSync(`${owner.paths[name]}.away`);
  }
});

test('connections reach the owner', async () => {
  const owner = claim();
  await owner.listen({ onConnection: (socket) => void socket.end('hello') });
  const [text] = (await once(connect(owner.paths.socket).setEncoding('utf8'), 'data')) as [string];
  expect(text).toBe('hello');
});

test('planted links are refused: for the state folder, the database, the socket folder', () => {
  const { paths } = claim();
  held.dispose();
  held = new DisposableStore();
  writeFileSync(join(sandbox.folder, 'victim'), '', { mode: 0o600 });
  symlinkSync(join(sandbox.folder, 'victim'), paths.db);
  expect(() => claim()).toThrow(kind('pathUnsafe'));
  unlinkSync(paths.db);
  claim().dispose();
  const folder = paths.socketFolders[1] as string;
  renameSync(folder, `${folder}.away`);
  symlinkSync(`${folder}.away`, folder);
  expect(() => claim()).toThrow(kind('pathUnsafe'));
  mkdirSync(join(sandbox.folder, 'other'));
  symlinkSync(join(sandbox.folder, 'h'), join(sandbox.folder, 'linked'));
  expect(() => claim({ KHLONE_HOME: join(sandbox.folder, 'linked') })).toThrow(kind('pathUnsafe'));
});
