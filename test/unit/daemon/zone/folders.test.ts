import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  expectOwnFile,
  expectShared,
  openOwnFile,
  restrictUmask,
  secureFolder,
  secureFolders,
} from '../../../../daemon/zone/folders.js';
import { currentUid } from '../../../../protocol/zone.js';

let folder: string;
let before: number;
const uid = currentUid();
const root = uid === 0;
const unsafe = (reason: string): unknown =>
  expect.objectContaining({ kind: 'pathUnsafe', message: expect.stringContaining(reason) as string });

beforeEach(() => {
  before = process.umask();
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
});

afterEach(() => {
  process.umask(before);
  rmSync(folder, { recursive: true, force: true });
});

test('makes a chain of private folders, and what lies above them private too', () => {
  process.umask(0);
  const chain = [join(folder, 'up', 'a'), join(folder, 'up', 'a', 'b')];
  secureFolders(chain, uid);
  for (const path of [join(folder, 'up'), ...chain]) expect(lstatSync(path).mode & 0o777).toBe(0o700);
  secureFolders(chain, uid);
});

test('refuses a folder that others can enter', () => {
  const path = join(folder, 'a');
  mkdirSync(path);
  chmodSync(path, 0o711);
  expect(() => secureFolder(path, uid)).toThrow(unsafe('its mode is 0711'));
  expect(lstatSync(path).mode & 0o777).toBe(0o711);
});

test('refuses a link, even to a folder that is right', () => {
  mkdirSync(join(folder, 'real'), { mode: 0o700 });
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  expect(() => secureFolder(join(folder, 'link'), uid)).toThrow(unsafe('symbolic link'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  expect(() => secureFolder(join(folder, 'dangling'), uid)).toThrow(unsafe('symbolic link'));
});

test("refuses a file in a folder's place", () => {
  writeFileSync(join(folder, 'a'), '');
  expect(() => secureFolder(join(folder, 'a'), uid)).toThrow(unsafe('not a folder'));
});

test("refuses another user's folder", () => {
  const path = join(folder, 'a');
  mkdirSync(path, { mode: 0o700 });
  expect(() => secureFolder(path, uid + 1)).toThrow(unsafe(`belongs to user ${uid}`));
});

test.skipIf(!root)('refuses a folder and a file that were given to another user', () => {
  mkdirSync(join(folder, 'a'), { mode: 0o700 });
  chownSync(join(folder, 'a'), 12345, 12345);
  expect(() => secureFolder(join(folder, 'a'), uid)).toThrow(unsafe('belongs to user 12345'));
  writeFileSync(join(folder, 'f'), '', { mode: 0o600 });
  chownSync(join(folder, 'f'), 12345, 12345);
  expect(() => openOwnFile(join(folder, 'f'), constants.O_RDWR, uid)).toThrow(
    unsafe('belongs to user 12345'),
  );
});

test('says which folder cannot be made, and why', () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file', 'a');
  expect(() => secureFolders([path], uid)).toThrow(expect.objectContaining({ kind: 'storageFailed' }));
  expect(() => secureFolder(path, uid)).toThrow(/cannot be made \(ENOTDIR\)/);
});

test('files are made private, and only private ones are opened', () => {
  restrictUmask();
  const path = join(folder, 'f');
  closeSync(openOwnFile(path, constants.O_RDWR, uid));
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  closeSync(openOwnFile(path, constants.O_RDWR, uid));
  chmodSync(path, 0o644);
  expect(() => openOwnFile(path, constants.O_RDWR, uid)).toThrow(unsafe('its mode is 0644'));
  expect(() => expectOwnFile(path, uid)).toThrow(unsafe('its mode is 0644'));
});

test('files are not opened through a link, nor a folder or a fifo in their place', () => {
  writeFileSync(join(folder, 'real'), 'kept', { mode: 0o600 });
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  expect(() => openOwnFile(join(folder, 'link'), constants.O_RDWR, uid)).toThrow(unsafe('symbolic link'));
  expect(() => openOwnFile(folder, constants.O_RDWR, uid)).toThrow(unsafe('not a file'));
  execFileSync('env', ['mkfifo', '-m', '600', join(folder, 'fifo')]);
  expect(() => openOwnFile(join(folder, 'fifo'), constants.O_RDWR, uid)).toThrow(unsafe('not a file'));
  expect(() => expectOwnFile(join(folder, 'link'), uid)).toThrow(unsafe('symbolic link'));
  expectOwnFile(join(folder, 'missing'), uid);
});

test('a shared folder must exist and keep others from replacing files', () => {
  expectShared(tmpdir(), uid);
  expect(() => expectShared(join(folder, 'missing'), uid)).toThrow(unsafe('does not exist'));
  chmodSync(folder, 0o770);
  expect(() => expectShared(folder, uid)).toThrow(unsafe('others may replace'));
});
