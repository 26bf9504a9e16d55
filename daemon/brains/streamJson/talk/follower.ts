import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Disposable } from '../../../lifecycle.js';
import { LineSplitter } from '../lines.js';
import { openForReading } from './files.js';

/** Bytes read at once. */
const pieceBytes = 1024 * 1024;

/** How often the file is looked at where the system does not tell of its changes, in ms. */
const pollMs = 1000;

/** What a follower tells. */
export interface FollowerSink {
  line(text: string): void;
  /** The file cannot be read, or a line of it was too long. */
  fault(reason: string): void;
}

/** Which file to follow, and from where. */
export interface FollowerParts {
  /** The file's path; undefined as long as there is none. */
  readonly locate: () => string | undefined;
  /** Bytes to pass over. */
  readonly from: number;
  readonly sink: FollowerSink;
}

/**
 * Follows a file that another program writes lines to. A last line that is not complete waits. A file that is
 * missing is waited for, and one that has become shorter is followed from its new end.
 */
export class FileFollower implements Disposable {
  readonly #parts: FollowerParts;
  readonly #poll: NodeJS.Timeout;
  #splitter: LineSplitter;
  #offset: number;
  #watched: { readonly path: string; readonly watcher: FSWatcher } | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #disposed = false;
  #lastFault = '';

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#offset = parts.from;
    this.#splitter = this.#split();
    this.#poll = setInterval(() => void this.read(), pollMs);
    this.#poll.unref();
    void this.read();
  }

  /** Resolves when all that is in the file now was told. Never rejects. */
  read(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#run().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#poll);
    this.#unwatch();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#disposed) {
      this.#again = false;
      try {
        const path = this.#parts.locate();
        if (path === undefined) continue;
        this.#watch(path);
        await this.#take(path);
        this.#lastFault = '';
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  async #take(path: string): Promise<void> {
    const file = await open(path, openForReading);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw new Error(`${path} is no file`);
      const { size } = facts;
      if (size < this.#offset) {
        this.#offset = size;
        this.#splitter = this.#split();
      }
      await this.#through(file, size);
    } finally {
      await file.close();
    }
  }

  async #through(file: FileHandle, size: number): Promise<void> {
    while (this.#offset < size && !this.#disposed) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - this.#offset));
      const { bytesRead } = await file.read(piece, 0, piece.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      this.#splitter.push(piece.subarray(0, bytesRead));
    }
  }

  #split(): LineSplitter {
    const { sink } = this.#parts;
    return new LineSplitter({
      line: (text) => {
        if (!this.#disposed) sink.line(text);
      },
      overflow: (limit) => sink.fault(`a line of more than ${limit} bytes was passed over`),
    });
  }

  #watch(path: string): void {
    if (this.#watched?.path === path) return;
    this.#unwatch();
    try {
      const watcher = watch(path, { persistent: false }, (event) => {
        // Moved away or replaced: the next look watches what is there then.
        if (event === 'rename') this.#unwatch();
        void this.read();
      });
      watcher.on('error', () => this.#unwatch());
      this.#watched = { path, watcher };
    } catch {
      // Out of watches, or gone already: the file is looked at now and then all the same.
    }
  }

  #unwatch(): void {
    this.#watched?.watcher.close();
    this.#watched = undefined;
  }

  #failed(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return this.#unwatch();
    // Told once: it is tried again every second.
    if (message === this.#lastFault) return;
    this.#lastFault = message;
    this.#parts.sink.fault(`what is said in the terminal cannot be read: ${message}`);
  }
}
