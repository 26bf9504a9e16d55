import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogReader } from '../../../../cli/log/follow.js';
import { openLogFile } from '../../../../daemon/log/logger.js';
import { currentUid } from '../../../../protocol/zone.js';

let folder: string;
let reader: LogReader;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  reader = new LogReader(folder);
});
afterEach(() => {
  reader[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

describe('a reader of the log', () => {
  it('begins with the oldest file and waits for a folder and a file that are not there yet', () => {
    const early = new LogReader(join(folder, 'none'));
    expect(early.read()).toEqual([]);
    early[Symbol.dispose]();
    expect(reader.read()).toEqual([]);
    writeFileSync(join(folder, 'daemon.log'), 'c\nd\n');
    writeFileSync(join(folder, 'daemon.log.2'), 'a\n');
    writeFileSync(join(folder, 'daemon.log.1'), 'b\n');
    writeFileSync(join(folder, 'daemon.log.old'), 'none of it\n');
    expect(reader.read()).toEqual(['a', 'b', 'c', 'd']);
    expect(reader.read()).toEqual([]);
  });

  it('gives lines once they are whole, wherever they were cut', () => {
    const path = join(folder, 'daemon.log');
    const bytes = Buffer.from('grün\nzwei\n');
    const seen: string[] = [];
    for (const byte of bytes) {
      appendFileSync(path, Buffer.of(byte));
      seen.push(...reader.read());
    }
    expect(seen).toEqual(['grün', 'zwei']);
    appendFileSync(path, 'cut');
    expect(reader.read()).toEqual([]);
    expect(reader.unfinished).toBe('cut');
  });

  it('follows the files as they are moved on, several at once too, and loses no line', () => {
    const sink = openLogFile({ folder, uid: currentUid(), maxBytes: 100, keep: 4 });
    const seen: string[] = [];
    const written: string[] = [];
    for (let line = 0; line < 400; line++) {
      written.push(`line ${line}`);
      sink.write(`line ${line}\n`);
      // About ten lines a file: at times two rotations lie between two looks, at times none.
      if (line % 23 === 0 || line % 3 === 0) seen.push(...reader.read());
    }
    seen.push(...reader.read());
    sink.dispose();
    expect(seen).toEqual(written);
  });

  it('gives what was added to a file just before it was moved on', () => {
    const path = join(folder, 'daemon.log');
    writeFileSync(path, 'one\n');
    expect(reader.read()).toEqual(['one']);
    appendFileSync(path, 'two\ncut off');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'three\n');
    expect(reader.read()).toEqual(['two', 'cut off', 'three']);
  });

  it('begins again where its file was emptied, or all files are others', () => {
    const path = join(folder, 'daemon.log');
    writeFileSync(path, 'one\ntwo\n');
    expect(reader.read()).toEqual(['one', 'two']);
    writeFileSync(path, 'new\n');
    expect(reader.read()).toEqual(['new']);
    rmSync(path);
    writeFileSync(path, 'other\n');
    expect(reader.read()).toEqual(['other']);
  });
});
