import { constants as fsConstants, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as osConstants } from 'node:os';
import type { HeldSize, ProcessExit } from './wire.js';

/** The native part of node-pty 1.1.0, of which only this file knows. */
export interface NativePty {
  fork: (...given: ForkArguments) => { readonly fd: number; readonly pid: number; readonly pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

type ForkArguments = [
  file: string,
  args: readonly string[],
  env: readonly string[],
  cwd: string,
  cols: number,
  rows: number,
  uid: number,
  gid: number,
  utf8: boolean,
  helper: string,
  exited: (code: number, signal: number) => void,
];

/** What to start in a terminal. */
export interface ForkRequest {
  /** Path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly size: HeldSize;
  readonly exited: (exit: ProcessExit) => void;
}

/** A program that was started in a terminal, and both ends of that. */
export interface ForkedPty {
  readonly pid: number;
  /** Non-blocking. */
  readonly master: number;
  /**
   * The terminal's own side, held open: as long as it is, the master knows no end, which libuv takes for the end of
   * what can be read as well, and so loses the last output of half of all short programs.
   */
  readonly slave: number;
}

/** The user's own: no change of user. */
const sameUser = -1;

let native: NativePty | undefined;

/** Loads the native part; done beforehand it is not waited for later. */
export function loadPty(): NativePty {
  // Not the package's own terminal: it reads and writes the master in ways that lose bytes, block, and delay the exit.
  native ??= (
    createRequire(import.meta.url)('@lydell/node-pty/requireBinary.js') as {
      requireBinary(file: 'pty.node'): NativePty;
    }
  ).requireBinary('pty.node');
  return native;
}

/** Starts a program in a new session on a new terminal. @throws the system's error where there is no terminal left */
export function forkPty({ file, args, env, cwd, size, exited }: ForkRequest): ForkedPty {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { pid, fd, pty } = loadPty().fork(
    file,
    args,
    variables,
    cwd,
    size.cols,
    size.rows,
    sameUser,
    sameUser,
    true,
    helperPath(),
    (code, signal) => exited(exitOf(code, signal)),
  );
  // In the same tick: the event loop must not see the master before.
  return { pid, master: fd, slave: openSync(pty, fsConstants.O_RDWR | fsConstants.O_NOCTTY) };
}

/** Sets the size a terminal's program is told. */
export function resizePty(master: number, { cols, rows }: HeldSize): void {
  loadPty().resize(master, cols, rows);
}

/** Only macOS starts programs through a helper. */
function helperPath(): string {
  if (process.platform !== 'darwin') return '';
  const helper = `@lydell/node-pty-darwin-${process.arch}/spawn-helper`;
  return createRequire(createRequire(import.meta.url).resolve('@lydell/node-pty')).resolve(helper);
}

function exitOf(code: number, signal: number): ProcessExit {
  if (signal === 0) return { code, signal: null };
  const found = Object.entries(osConstants.signals).find(([, number]) => number === signal);
  // A real-time signal has no name here; shells tell of it by such a code.
  return found ? { code: null, signal: found[0] as NodeJS.Signals } : { code: 128 + signal, signal: null };
}
