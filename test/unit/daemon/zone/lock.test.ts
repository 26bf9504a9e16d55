import { lstatSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DisposableStore } from '../../../../daemon/lifecycle.js';
import { acquireLock, type FileLock } from '../../../../daemon/zone/lock.js';
import { currentUid } from '../../../../protocol/zone.js';

let folder: string;
let path: string;
let held: DisposableStore;
const uid = currentUid();

const acquire = (): FileLock | undefined => {
  const lock = acquireLock(path, uid);
  return lock && held.add(lock);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  path = join(folder, 'lock');
  held = new DisposableStore();
});

afterEach(() => {
  held.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('one holder at a time; the file outlives its holders', () => {
  const first = acquire();
  expect(first?.isOurs()).toBe(true);
  expect(acquire()).toBeUndefined();
  const { ino } = lstatSync(path);
  first?.dispose();
  expect(first?.isOurs()).toBe(false);
  expect(acquire()?.isOurs()).toBe(true);
  expect(lstatSync(path).ino).toBe(ino);
});

test("a try that fails leaves the holder's lock alone", () => {
  acquire();
  for (let i = 0; i < 10; i++) expect(acquire()).toBeUndefined();
});

test('notices when its file is removed or replaced', () => {
  const lock = acquire();
  renameSync(path, `${path}.away`);
  expect(lock?.isOurs()).toBe(false);
  writeFileSync(path, '', { mode: 0o600 });
  expect(lock?.isOurs()).toBe(false);
  renameSync(`${path}.away`, path);
  expect(lock?.isOurs()).toBe(true);
});

test('renews the times of its file', () => {
  const lock = acquire();
  utimesSync(path, 0, 0);
  lock?.touch();
  expect(lstatSync(path).mtimeMs).toBeGreaterThan(0);
  lock?.dispose();
  lock?.touch();
});

test('refuses a link in its place', () => {
  symlinkSync(join(folder, 'other'), path);
  expect(() => acquire()).toThrow(expect.objectContaining({ kind: 'pathUnsafe' }));
  expect(() => lstatSync(join(folder, 'other'))).toThrow('ENOENT');
});
