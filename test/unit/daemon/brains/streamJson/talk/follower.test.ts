import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileFollower } from '../../../../../../daemon/brains/streamJson/talk/follower.js';
import { Emitter } from '../../../../../../daemon/lifecycle.js';

let folder: string;
let file: string;
let follower: FileFollower | undefined;
let heard: string[];
const faults: string[] = [];
const moved = new Emitter<void>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'khlone-'));
  file = join(folder, 'a.jsonl');
  heard = [];
  faults.length = 0;
});
afterEach(() => {
  follower?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function follow(from = 0, path: () => string | undefined = () => file): FileFollower {
  follower = new FileFollower({
    locate: path,
    from,
    sink: {
      line: (text) => {
        heard.push(text);
        moved.fire();
      },
      fault: (reason) => {
        faults.push(reason);
        moved.fire();
      },
    },
  });
  return follower;
}

/** Resolves when it holds; nobody reads but the follower by itself. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return;
      listening.dispose();
      resolve();
    };
    const listening = moved.on(look);
    look();
  });
}

describe('a file that is followed', () => {
  it('is heard as it grows, each line once', async () => {
    writeFileSync(file, 'one\n');
    follow();
    await until(() => heard.length === 1);
    appendFileSync(file, 'two\nthree\n');
    await until(() => heard.length === 3);
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('is heard from where it is to be, and its last line when it is complete', async () => {
    writeFileSync(file, 'old\nnew\nhal');
    const reader = follow(4);
    await reader.read();
    expect(heard).toEqual(['new']);
    appendFileSync(file, 'f\n');
    await reader.read();
    expect(heard).toEqual(['new', 'half']);
  });

  it('may come later', async () => {
    const place: { path?: string } = {};
    const reader = follow(0, () => place.path);
    await reader.read();
    place.path = file;
    await reader.read();
    writeFileSync(file, 'one\n');
    await until(() => heard.length === 1);
    expect(faults).toEqual([]);
  });

  it('may be replaced by a longer one, and goes on where it was', async () => {
    writeFileSync(file, 'one\n');
    const reader = follow();
    await reader.read();
    writeFileSync(join(folder, 'b'), 'one\ntwo\n');
    renameSync(join(folder, 'b'), file);
    await until(() => heard.length === 2);
    appendFileSync(file, 'three\n');
    await until(() => heard.length === 3);
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('may become shorter: what is left is not heard again', async () => {
    writeFileSync(file, 'one\ntwo\n');
    const reader = follow();
    await reader.read();
    writeFileSync(file, 'one\n');
    await reader.read();
    appendFileSync(file, 'three\n');
    await reader.read();
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('may go, and come back', async () => {
    writeFileSync(file, 'one\n');
    const reader = follow();
    await reader.read();
    rmSync(file);
    await reader.read();
    writeFileSync(file, 'one\ntwo\n');
    await reader.read();
    expect(heard).toEqual(['one', 'two']);
    expect(faults).toEqual([]);
  });

  it('is read in pieces, however large it is', async () => {
    const line = 'x'.repeat(3 * 1024 * 1024);
    writeFileSync(file, `${line}\n${line}\nend\n`);
    await follow().read();
    expect(heard.map(({ length }) => length)).toEqual([line.length, line.length, 3]);
  });

  it('that cannot be read is told of, once', async () => {
    const reader = follow(0, () => folder);
    await reader.read();
    await reader.read();
    expect(faults).toEqual([expect.stringContaining('is no file')]);
  });

  it('that is a pipe in truth holds nobody up', async () => {
    execFileSync('env', ['mkfifo', file]);
    await follow().read();
    expect(faults).toEqual([expect.stringContaining('is no file')]);
  });

  it('is heard no more once it is let go', async () => {
    writeFileSync(file, 'one\n');
    const reader = follow();
    reader.dispose();
    await reader.read();
    expect(heard).toEqual([]);
  });
});
