import { closeSync, constants, fstatSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../lifecycle.js';
import { openOwnFile } from '../zone/folders.js';

/** Levels, least urgent first. */
const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** How urgent a line is. */
export type LogLevel = (typeof logLevels)[number];

/** Facts of one line. An Error is written with its stack. Never pass a secret. */
type LogFields = Readonly<Record<string, unknown>>;

/** Where the daemon writes what no client is told. None of it throws. */
export interface Log extends Disposable {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Where lines go. */
export interface LogSink extends Disposable {
  write(line: string): void;
}

/** Turns messages into lines of JSON: `{"at", "level", "message", ...fields}`. */
export function createLog(sink: LogSink, least: LogLevel): Log {
  const from = logLevels.indexOf(least);
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(level) >= from) sink.write(formatLine(level, message, fields));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    dispose: () => sink.dispose(),
  };
}

function formatLine(level: LogLevel, message: string, fields: LogFields): string {
  const head = { at: new Date().toISOString(), level, message };
  try {
    return `${JSON.stringify({ ...head, ...fields, ...head }, plain)}\n`;
  } catch (error) {
    return `${JSON.stringify({ ...head, unwritable: String(error) })}\n`;
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  // Own members such as a system error's code; undefined members are left out by JSON.
  return { ...Object.fromEntries(Object.entries(value)), name, message, stack, cause };
}

/** Log level of an environment (`KHLONE_LOG`); `info` when it names none. */
export function logLevelOf(env: NodeJS.ProcessEnv): LogLevel {
  return logLevels.find((level) => level === env['KHLONE_LOG']) ?? 'info';
}

/** A log file and how much of it to keep. */
export interface LogFileRequest {
  readonly folder: string;
  readonly uid: number;
  /** Bytes after which a new file is begun; 5 MiB when left out. */
  readonly maxBytes?: number;
  /** Files kept, the current one among them; 3 when left out. */
  readonly keep?: number;
}

/**
 * Appends to `daemon.log` in the folder, and moves full files to `daemon.log.1`, `.2`, …. Lines are written at
 * once, so that the last ones before a crash are there. What cannot be written (a full disk) is counted, and
 * the count is written when there is room again.
 * @throws pathUnsafe, storageFailed when the file cannot be opened; nothing later
 */
export function openLogFile(request: LogFileRequest): LogSink {
  return new LogFile(request);
}

class LogFile implements LogSink {
  readonly #path: string;
  readonly #uid: number;
  readonly #maxBytes: number;
  readonly #keep: number;
  #fd: number | undefined;
  #bytes = 0;
  #dropped = 0;
  #torn = false;

  constructor({ folder, uid, maxBytes = 5 * 1024 * 1024, keep = 3 }: LogFileRequest) {
    this.#path = join(folder, 'daemon.log');
    this.#uid = uid;
    this.#maxBytes = maxBytes;
    this.#keep = Math.max(1, keep);
    this.#open(constants.O_APPEND);
  }

  write(line: string): void {
    try {
      const text = this.#withReports(line);
      const size = Buffer.byteLength(text);
      if (this.#bytes > 0 && this.#bytes + size > this.#maxBytes) this.#rotate();
      if (this.#fd === undefined) this.#open(constants.O_APPEND);
      if (this.#fd === undefined) return;
      const written = writeSync(this.#fd, text);
      this.#bytes += written;
      this.#torn = written < size;
      this.#dropped = this.#torn ? this.#dropped + 1 : 0;
    } catch {
      this.#dropped += 1;
    }
  }

  dispose(): void {
    this.write = () => undefined;
    this.#close();
  }

  #withReports(line: string): string {
    const begin = this.#torn ? '\n' : '';
    if (this.#dropped === 0) return begin + line;
    return begin + formatLine('warn', 'lines were lost', { lost: this.#dropped }) + line;
  }

  #open(flags: number): void {
    this.#fd = openOwnFile(this.#path, constants.O_WRONLY | flags, this.#uid);
    this.#bytes = fstatSync(this.#fd).size;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  #rotate(): void {
    this.#close();
    let flags: number = constants.O_APPEND;
    try {
      for (let age = this.#keep - 1; age >= 1; age--) {
        moveIfThere(age === 1 ? this.#path : `${this.#path}.${age - 1}`, `${this.#path}.${age}`);
      }
      if (this.#keep === 1) flags |= constants.O_TRUNC;
    } catch {
      // When the files cannot be moved the current one grows past its size: better than no log.
    }
    this.#open(flags);
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
