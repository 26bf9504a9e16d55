import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  leastOf,
  parseVmStat,
  readCgroups,
  readMeminfo,
  readMemory,
} from '../../../../daemon/memory/available.js';
import { defaultLowMemory, isShort, lowMemoryOf } from '../../../../daemon/memory/lowMemory.js';

const mib = 2 ** 20;

describe('the memory that is left', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'mem-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  it('is told of the machine by its kernel, what can be had back at once included', () => {
    file('proc/meminfo', 'MemTotal:        8192 kB\nMemFree:          100 kB\nMemAvailable:    4096 kB\n');
    expect(readMeminfo(root)).toEqual({ availableBytes: 4096 * 1024, totalBytes: 8192 * 1024 });
  });

  it('is not guessed where the kernel does not tell', () => {
    expect(readMeminfo(root)).toBeUndefined();
    file('proc/meminfo', 'MemTotal: 8192 kB\n');
    expect(readMeminfo(root)).toBeUndefined();
    expect(readCgroups(root)).toEqual([]);
  });

  it('is told of every cgroup with a limit on the way up, what is kept of files not counted as used', () => {
    file('proc/self/cgroup', '0::/user.slice/khlone\n');
    file('sys/fs/cgroup/user.slice/khlone/memory.max', 'max\n');
    file('sys/fs/cgroup/user.slice/khlone/memory.current', `${5 * mib}\n`);
    file('sys/fs/cgroup/user.slice/memory.max', `${100 * mib}\n`);
    file('sys/fs/cgroup/user.slice/memory.current', `${90 * mib}\n`);
    file('sys/fs/cgroup/user.slice/memory.stat', `anon 1\ninactive_file ${30 * mib}\n`);
    expect(readCgroups(root)).toEqual([{ availableBytes: 40 * mib, totalBytes: 100 * mib }]);
  });

  it('is that of the root of a container, too', () => {
    file('proc/self/cgroup', '0::/\n');
    file('sys/fs/cgroup/memory.max', `${64 * mib}\n`);
    file('sys/fs/cgroup/memory.current', `${70 * mib}\n`);
    expect(readCgroups(root)).toEqual([{ availableBytes: 0, totalBytes: 64 * mib }]);
  });

  it('is the least of all', () => {
    const machine = { availableBytes: 100, totalBytes: 1000 };
    const cgroup = { availableBytes: 10, totalBytes: 20 };
    expect(leastOf([machine, cgroup, undefined])).toBe(cgroup);
    expect(leastOf([undefined])).toBeUndefined();
  });

  it('is read from what macOS prints', () => {
    const printed = [
      'Mach Virtual Memory Statistics: (page size of 16384 bytes)',
      'Pages free:                               10.',
      'Pages active:                           5000.',
      'Pages inactive:                           20.',
      'Pages speculative:                         3.',
      'Pages purgeable:                           4.',
      '',
    ].join('\n');
    expect(parseVmStat(printed, 1e9)).toEqual({ availableBytes: 37 * 16384, totalBytes: 1e9 });
    expect(parseVmStat('nothing', 1e9)).toBeUndefined();
  });

  it('can be read here', async () => {
    const { availableBytes = 0, totalBytes = 0 } = (await readMemory()) ?? {};
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });
});

describe('short memory', () => {
  it.each([
    ['512m', { kind: 'bytes', bytes: 512 * mib }],
    ['1.5G', { kind: 'bytes', bytes: 1536 * mib }],
    ['25%', { kind: 'share', share: 0.25, mostBytes: Number.POSITIVE_INFINITY }],
    ['off', { kind: 'never' }],
  ])('is what KHLONE_LOW_MEMORY=%s says', (text, low) => {
    expect(lowMemoryOf({ KHLONE_LOW_MEMORY: text })).toEqual(low);
  });

  it.each(['', '12', '101%', '-1m', 'much'])('is the default for "%s"', (text) => {
    expect(lowMemoryOf({ KHLONE_LOW_MEMORY: text })).toBe(defaultLowMemory);
    expect(lowMemoryOf({})).toBe(defaultLowMemory);
  });

  it('is by default less than a tenth, and less than 1 GiB', () => {
    const short = (availableBytes: number, totalBytes: number): boolean =>
      isShort({ availableBytes, totalBytes }, defaultLowMemory);
    expect([short(99, 1000), short(100, 1000)]).toEqual([true, false]);
    expect([short(2 ** 30 - 1, 2 ** 40), short(2 ** 30, 2 ** 40)]).toEqual([true, false]);
    expect(isShort({ availableBytes: 0, totalBytes: 1 }, { kind: 'never' })).toBe(false);
  });
});
