import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeReadyChannel } from '../../../../daemon/zone/ready.js';
import { fail } from '../../../../protocol/fail.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('does nothing without a channel, or with nonsense in its place', () => {
  for (const named of [undefined, '', '-1', '1', '3x', '9999', '99999']) {
    const channel = takeReadyChannel({ KHLONE_READY_FD: named });
    channel.ready('/s');
    channel.failed(fail('shuttingDown', {}));
  }
  expect(fstatSync(1)).toBeDefined();
});

test('takes its name out of the environment', () => {
  const env = { KHLONE_READY_FD: '9999', PATH: '/bin' };
  takeReadyChannel(env);
  expect(env).toEqual({ PATH: '/bin' });
});

test('never writes into a file that happens to have the number', () => {
  const path = join(folder, 'file');
  const fd = openSync(path, 'w');
  takeReadyChannel({ KHLONE_READY_FD: String(fd) }).ready('/s');
  closeSync(fd);
  expect(readFileSync(path, 'utf8')).toBe('');
});
