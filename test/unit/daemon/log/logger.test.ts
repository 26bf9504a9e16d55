import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, logLevelOf, openLogFile, type LogSink } from '../../../../daemon/log/logger.js';
import { currentUid } from '../../../../protocol/zone.js';

vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  return { ...real, writeSync: vi.fn<typeof fs.writeSync>(real.writeSync) };
});

let folder: string;
let file: string;
let sinks: LogSink[];
const uid = currentUid();

function open(limits: { maxBytes?: number; keep?: number } = {}): LogSink {
  const sink = openLogFile({ folder, uid, ...limits });
  sinks.push(sink);
  return sink;
}

const lines = (path = file): unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  file = join(folder, 'daemon.log');
  sinks = [];
});

afterEach(() => {
  for (const sink of sinks) sink.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test('writes a line of JSON at once, from the chosen level upwards', () => {
  const log = createLog(open(), 'info');
  log.debug('not this');
  log.info('started', { pid: 7 });
  log.warn('odd');
  log.error('broken');
  expect(lines()).toMatchObject([
    { level: 'info', message: 'started', pid: 7, at: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    { level: 'warn', message: 'odd' },
    { level: 'error', message: 'broken' },
  ]);
  expect(lstatSync(file).mode & 0o777).toBe(0o600);
});

test('writes errors with their stack, and survives what JSON cannot hold', () => {
  const log = createLog(open(), 'debug');
  const round: Record<string, unknown> = {};
  round['self'] = round;
  log.error('failed', { error: Object.assign(new Error('why'), { code: 'ENOSPC' }), big: 5n, level: 'mine' });
  log.error('round', { round });
  expect(lines()).toMatchObject([
    {
      level: 'error',
      error: { message: 'why', code: 'ENOSPC', stack: expect.any(String) as string },
      big: '5',
    },
    { message: 'round', unwritable: expect.any(String) as string },
  ]);
});

test('goes on in the file that is there', () => {
  createLog(open(), 'info').info('one');
  createLog(open(), 'info').info('two');
  expect(lines()).toMatchObject([{ message: 'one' }, { message: 'two' }]);
});

test('begins a new file when one is full, and keeps as many as it was told', () => {
  const sink = open({ maxBytes: 100, keep: 3 });
  for (let i = 0; i < 20; i++) sink.write(`${JSON.stringify({ i, pad: 'x'.repeat(30) })}\n`);
  expect(readdirSync(folder).toSorted()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
  const kept = ['daemon.log.2', 'daemon.log.1', 'daemon.log'].flatMap((name) => lines(join(folder, name)));
  expect(kept.map((line) => (line as { i: number }).i)).toEqual([14, 15, 16, 17, 18, 19]);
  for (const name of readdirSync(folder)) expect(lstatSync(join(folder, name)).size).toBeLessThanOrEqual(100);
});

test('starts afresh where one file is all it may keep', () => {
  const sink = open({ maxBytes: 50, keep: 1 });
  for (let i = 0; i < 5; i++) sink.write(`${JSON.stringify({ i, pad: 'x'.repeat(30) })}\n`);
  expect(readdirSync(folder)).toEqual(['daemon.log']);
  expect(lines()).toMatchObject([{ i: 4 }]);
});

test('a full disk costs lines, never the daemon, and the loss is written down', () => {
  const log = createLog(open(), 'info');
  log.info('before');
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  vi.mocked(writeSync)
    .mockImplementationOnce(() => {
      throw full;
    })
    .mockImplementationOnce(() => {
      throw full;
    });
  log.info('lost');
  log.info('lost too');
  log.info('after');
  log.info('last');
  expect(lines()).toMatchObject([
    { message: 'before' },
    { level: 'warn', message: 'lines were lost', lost: 2 },
    { message: 'after' },
    { message: 'last' },
  ]);
});

test('a line that was cut off does not spoil the next one', () => {
  const log = createLog(open(), 'info');
  vi.mocked(writeSync).mockImplementationOnce((fd, text) => {
    appendFileSync(fd, text.slice(0, 10));
    return 10;
  });
  log.info('cut');
  log.info('whole');
  const [cut, ...whole] = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(cut).toBe('{"at":"202');
  expect(whole.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ lost: 1 }, { message: 'whole' }]);
});

test('goes on in a full file when it cannot be moved', () => {
  mkdirSync(join(folder, 'daemon.log.1'));
  const sink = open({ maxBytes: 20, keep: 2 });
  for (let i = 0; i < 5; i++) sink.write(`{"i":${i},"pad":"xxxxxx"}\n`);
  expect(lines()).toMatchObject([{ i: 0 }, { i: 1 }, { i: 2 }, { i: 3 }, { i: 4 }]);
});

test('says nothing after its end', () => {
  const sink = open();
  sink.dispose();
  sink.write('late\n');
  expect(readFileSync(file, 'utf8')).toBe('');
});

test('the level comes from KHLONE_LOG', () => {
  expect(logLevelOf({ KHLONE_LOG: 'debug' })).toBe('debug');
  expect(logLevelOf({ KHLONE_LOG: 'loud' })).toBe('info');
  expect(logLevelOf({})).toBe('info');
});
