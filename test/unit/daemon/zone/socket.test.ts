import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DisposableStore, toDisposable } from '../../../../daemon/lifecycle.js';
import { bindSocket, type BoundSocket } from '../../../../daemon/zone/socket.js';
import { currentUid } from '../../../../protocol/zone.js';

let folder: string;
let path: string;
let held: DisposableStore;
const uid = currentUid();

async function bind(say: string, at = path): Promise<BoundSocket> {
  const onConnection = (socket: Socket): void => {
    // A probe has gone before it hears the answer.
    socket.on('error', () => undefined);
    socket.end(say);
  };
  return held.add(await bindSocket({ path: at, uid, onConnection }));
}

async function hear(at = path): Promise<string> {
  const socket = connect(at);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
}

async function placeStale(): Promise<void> {
  const server = createServer();
  server.listen(join(folder, 'tmp'));
  await once(server, 'listening');
  chmodSync(join(folder, 'tmp'), 0o600);
  renameSync(join(folder, 'tmp'), path);
  server.close();
  await once(server, 'close');
}

const unsafe = (reason: string): unknown =>
  expect.objectContaining({ kind: 'pathUnsafe', message: expect.stringContaining(reason) as string });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  path = join(folder, 's');
  held = new DisposableStore();
});

afterEach(() => {
  held.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('listens with mode 0600 and leaves no other name behind', async () => {
  const umask = process.umask();
  await bind('one');
  expect(process.umask()).toBe(umask);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['s']);
  expect(await hear()).toBe('one');
});

test('takes the place of a stale socket', async () => {
  await placeStale();
  await bind('one');
  expect(await hear()).toBe('one');
});

test('takes its own name away when it closes', async () => {
  const bound = await bind('one');
  bound.dispose();
  expect(readdirSync(folder)).toEqual([]);
});

test("leaves a successor's socket alone when it closes", async () => {
  const first = await bind('first');
  unlinkSync(path);
  expect(first.isOurs()).toBe(false);
  await bind('second');
  expect(first.isOurs()).toBe(false);
  first.dispose();
  expect(await hear()).toBe('second');
});

test('refuses to take the place of a program that answers', async () => {
  await bind('first');
  await expect(bind('second')).rejects.toThrow(unsafe('another program listens'));
  expect(await hear()).toBe('first');
});

test("refuses a file, a link and another user's socket, and leaves them", async () => {
  writeFileSync(path, 'precious', { mode: 0o600 });
  await expect(bind('x')).rejects.toThrow(unsafe('not a socket'));
  expect(lstatSync(path).size).toBe(8);
  unlinkSync(path);
  symlinkSync(join(folder, 'elsewhere'), path);
  await expect(bind('x')).rejects.toThrow(unsafe('symbolic link'));
  unlinkSync(path);
  await placeStale();
  const stranger = bindSocket({ path, uid: uid + 1, onConnection: () => undefined });
  await expect(stranger).rejects.toThrow(unsafe(`belongs to user ${uid}`));
  expect(lstatSync(path).isSocket()).toBe(true);
});

test('says that it cannot bind where there is no folder', async () => {
  const nowhere = bind('x', join(folder, 'missing', 's'));
  await expect(nowhere).rejects.toThrow(expect.objectContaining({ kind: 'storageFailed' }));
});

test('serves at the longest path that is allowed', async () => {
  const longest = join(folder, 'x'.repeat(100 - Buffer.byteLength(folder) - 1));
  await bind('long', longest);
  expect(await hear(longest)).toBe('long');
  expect(readdirSync(folder)).toHaveLength(1);
});

test.runIf(process.platform === 'linux')("more clients than Node's usual backlog can wait", async () => {
  const bound = await bind('hello');
  // All of them before the server has its next turn.
  const clients = Array.from({ length: 1500 }, () => connect(bound.path));
  held.add(toDisposable(() => clients.forEach((client) => client.destroy())));
  const served = await Promise.allSettled(clients.map((client) => once(client.resume(), 'close')));
  expect(served.filter(({ status }) => status === 'rejected')).toEqual([]);
});
