import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as wait } from 'node:timers/promises';

/** Between two looks at the log, in ms: no event of the system tells of growth on every file system. */
const pollMs = 200;

/** What is read of a file at once, in bytes. */
const pieceBytes = 256 * 1024;

/** The log's files in a folder, the oldest first: `daemon.log.2`, `daemon.log.1`, `daemon.log`. */
function logFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const found = /^daemon\.log(?:\.(\d+))?$/.exec(name);
      return found ? [{ path: join(folder, name), age: Number(found[1] ?? 0) }] : [];
    })
    .sort((a, b) => b.age - a.age)
    .map(({ path }) => path);
}

/**
 * Reads the daemon's log across its files. It keeps the file open that it has read last: a number that the system
 * gives to files is then not given to another one, so that a file that was moved on is found again.
 */
export class LogReader implements Disposable {
  readonly #folder: string;
  #fd: number | undefined;
  #offset = 0;
  #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Complete lines that were added since the last call, from the oldest file on at the first. */
  read(): string[] {
    const lines: string[] = [];
    do this.#drain(lines);
    while (this.#advance(lines));
    return lines;
  }

  /** Lines as they come, until it is told to stop. */
  async *follow(signal: AbortSignal): AsyncGenerator<string[]> {
    while (!signal.aborted) {
      const lines = this.read();
      if (lines.length > 0) yield lines;
      else await wait(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What is there of a line that has no end. */
  get unfinished(): string {
    return this.#rest;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Goes on to the next file, where there is one. */
  #advance(lines: string[]): boolean {
    for (;;) {
      const [path] = this.#later();
      if (path === undefined) return false;
      let fd: number;
      try {
        fd = openSync(path, 'r');
      } catch {
        // Moved on in this very moment, or not for us to read: the next call looks again.
        return false;
      }
      // Moved on after it was found: one may lie between.
      const [still] = this.#later();
      if (still === undefined || !isSame(fd, still)) {
        closeSync(fd);
        continue;
      }
      // The last words before it was moved; nothing is written to it since.
      this.#drain(lines);
      if (this.#rest !== '') lines.push(this.#rest);
      this[Symbol.dispose]();
      this.#fd = fd;
      this.#offset = 0;
      this.#rest = '';
      this.#decoder = new StringDecoder('utf8');
      return true;
    }
  }

  /** Files that come after the one that is open; all where that one is gone. */
  #later(): string[] {
    const files = logFiles(this.#folder);
    const fd = this.#fd;
    if (fd === undefined) return files;
    return files.slice(files.findIndex((path) => isSame(fd, path)) + 1);
  }

  #drain(lines: string[]): void {
    if (this.#fd === undefined) return;
    if (fstatSync(this.#fd).size < this.#offset) this.#offset = 0;
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const count = readSync(this.#fd, piece, 0, pieceBytes, this.#offset);
      if (count === 0) return;
      this.#offset += count;
      const parts = (this.#rest + this.#decoder.write(piece.subarray(0, count))).split('\n');
      this.#rest = parts.pop() ?? '';
      lines.push(...parts.filter((line) => line !== ''));
    }
  }
}

function isSame(fd: number, path: string): boolean {
  const open = fstatSync(fd);
  const there = statSync(path, { throwIfNoEntry: false });
  return there?.ino === open.ino && there.dev === open.dev;
}
