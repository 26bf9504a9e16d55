import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SpoolWriter } from '../../../../daemon/holder/program/spool.js';
import { SpoolReader } from '../../../../daemon/holder/spoolReader.js';

const mib = 1024 * 1024;
const before = process.cwd();
const size = { cols: 80, rows: 24 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  // A holder works in its folder.
  process.chdir(folder);
});
afterEach(() => {
  vi.useRealTimers();
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

/** A piece of output that says where it was. */
const piece = (n: number, bytes = mib): Buffer => Buffer.alloc(bytes, `<${n}>`);

function writeTerminal(pieces: number): SpoolWriter {
  const spool = new SpoolWriter(0, size);
  for (let n = 0; n < pieces; n++) spool.append(piece(n));
  return spool;
}

describe('a spool', () => {
  it('is read back from any offset, over the borders of its files', () => {
    const spool = writeTerminal(20);
    const reader = new SpoolReader(folder);
    expect([reader.start, reader.end]).toEqual([0, 20 * mib]);
    for (const offset of [0, 1, 8 * mib - 1, 8 * mib, 19 * mib + 7]) {
      const whole: Buffer[] = [];
      for (let at = offset; at < 20 * mib;) {
        const part = reader.read(at, 300_000);
        if (part === undefined || part.length === 0) throw new Error(`nothing at ${at}`);
        whole.push(part);
        at += part.length;
      }
      const expected = Buffer.concat(Array.from({ length: 20 }, (_, n) => piece(n))).subarray(offset);
      expect(Buffer.concat(whole).equals(expected)).toBe(true);
    }
    expect(reader.read(20 * mib, 10)).toEqual(Buffer.alloc(0));
    expect(spool.read(20 * mib, 10)).toEqual(Buffer.alloc(0));
  });

  it('of a terminal keeps the last 32 MiB at least, and drops what is older by whole files', () => {
    const spool = writeTerminal(100);
    expect(spool.end).toBe(100 * mib);
    expect(spool.start).toBe(64 * mib);
    const reader = new SpoolReader(folder);
    expect(reader.start).toBe(64 * mib);
    expect(reader.read(64 * mib - 1, 10)).toBeUndefined();
    expect(reader.read(64 * mib, 4)?.toString()).toBe('<64>');
    expect(readdirSync(folder)).toHaveLength(2 * 5);
  });

  it('of pipes keeps what is not consumed, however much it is', () => {
    const spool = new SpoolWriter(0);
    for (let n = 0; n < 50; n++) spool.append(piece(n));
    expect(spool.start).toBe(0);
    spool.consumed(20 * mib);
    expect(spool.start).toBe(16 * mib);
    expect(spool.read(20 * mib, 4)?.toString()).toBe('<20>');
    expect(readdirSync(folder).filter((name) => name.endsWith('.marks'))).toEqual([]);
  });

  it('that the disk refuses goes on without what it could not keep, and never throws', () => {
    const spool = writeTerminal(10);
    process.chdir(before);
    process.chdir('/proc/self');
    spool.append(piece(10));
    // Its file was open; the next one cannot be made.
    for (let n = 11; n < 20; n++) spool.append(piece(n));
    expect(spool.end).toBe(20 * mib);
    expect(spool.start).toBe(20 * mib);
    process.chdir(folder);
    spool.append(piece(20));
    expect(spool.start).toBe(20 * mib);
    expect(spool.read(20 * mib, 4)?.toString()).toBe('<20>');
  });
});

describe('the marks of a spool', () => {
  const at = (ms: number): void => void vi.setSystemTime(ms);
  const say = (spool: SpoolWriter, text: string): void => {
    const offset = spool.end;
    spool.append(Buffer.from(text));
    spool.mark(offset);
  };

  it('tell when what was put out, at most every 10 ms, and every size', () => {
    vi.useFakeTimers({ now: 1_000 });
    const spool = new SpoolWriter(0, size);
    say(spool, 'one');
    at(1_005);
    say(spool, 'two');
    at(1_010);
    say(spool, 'three');
    spool.resize({ cols: 100, rows: 30 });
    at(1_050);
    say(spool, 'four');
    const marks = new SpoolReader(folder).marks(0, spool.end);
    expect(marks).toEqual([
      { type: 'resize', at: 1_000, offset: 0, size },
      { type: 'output', at: 1_000, offset: 0 },
      { type: 'output', at: 1_010, offset: 6 },
      { type: 'resize', at: 1_010, offset: 11, size: { cols: 100, rows: 30 } },
      { type: 'output', at: 1_050, offset: 11 },
    ]);
  });

  it('begin with what is in force where they are asked for', () => {
    vi.useFakeTimers({ now: 1_000 });
    const spool = new SpoolWriter(0, size);
    say(spool, 'a'.repeat(10));
    spool.resize({ cols: 1, rows: 2 });
    at(2_000);
    say(spool, 'b'.repeat(10));
    at(3_000);
    say(spool, 'c'.repeat(10));
    expect(new SpoolReader(folder).marks(15, 25)).toEqual([
      { type: 'resize', at: 2_000, offset: 15, size: { cols: 1, rows: 2 } },
      { type: 'output', at: 2_000, offset: 15 },
      { type: 'output', at: 3_000, offset: 20 },
    ]);
  });

  it('know the size also where the file in which it was set is gone', () => {
    const spool = new SpoolWriter(0, size);
    spool.resize({ cols: 33, rows: 44 });
    for (let n = 0; n < 100; n++) {
      const offset = spool.end;
      spool.append(piece(n));
      spool.mark(offset);
    }
    const [first] = new SpoolReader(folder).marks(spool.start, spool.end);
    expect(first).toMatchObject({ type: 'resize', offset: spool.start, size: { cols: 33, rows: 44 } });
  });

  it('are spread over files, however slowly it goes on: who looks for one reads no more than one of them', () => {
    vi.useFakeTimers({ now: 1_000 });
    const spool = new SpoolWriter(0, size);
    for (let n = 1; n <= 100_000; n++) {
      at(1_000 + n * 10);
      say(spool, '.');
    }
    const marks = readdirSync(folder).filter((name) => name.endsWith('.marks'));
    expect(marks).toHaveLength(3);
    for (const name of marks) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(50_001 * 24);
    const reader = new SpoolReader(folder);
    expect(reader.marks(60_000, 60_001)).toEqual([
      { type: 'resize', at: 601_010, offset: 60_000, size },
      { type: 'output', at: 601_010, offset: 60_000 },
      { type: 'output', at: 601_020, offset: 60_001 },
    ]);
    expect(reader.read(0, mib)?.length).toBeGreaterThan(40_000);
  });

  it('of sizes alone stay in one file, as no two can begin at the same byte', () => {
    const spool = new SpoolWriter(0, size);
    for (let n = 0; n < 60_000; n++) spool.resize({ cols: 1 + (n % 100), rows: 24 });
    spool.append(Buffer.from('here'));
    expect(new SpoolReader(folder).read(0, 10)?.toString()).toBe('here');
  });
});
