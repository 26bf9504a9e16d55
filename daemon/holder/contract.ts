import type { Disposable } from '../lifecycle.js';
import type { HeldSize, HeldTag, ProcessExit, ProcessIdentity } from './program/wire.js';

export type { HeldSize, HeldTag, ProcessExit, ProcessIdentity };

/** What a brain may have of the machine; no limit where a member is missing. */
export interface HeldLimits {
  /** Memory of all its processes together, in MiB. */
  readonly memoryMb?: number | undefined;
  /** Processors; a part of one is allowed. */
  readonly cpus?: number | undefined;
  /** A PID namespace of its own, where it has pipes and bubblewrap serves. */
  readonly namespace?: boolean | undefined;
}

/** What to run. The environment is complete: nothing is inherited. */
export interface HeldProgram {
  readonly tag: HeldTag;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: HeldLimits | undefined;
}

/** How a program was found that an earlier daemon started. */
export interface FoundState {
  /** How far it had put out: what lies before was heard by an earlier daemon, or might have been. */
  readonly end: number;
  /** Bytes of input that its holder has received, where it tells; else those that the program has taken. */
  readonly input: { readonly received: number } | { readonly taken: number };
  /** Whether its holder lives; else its output is read from what that wrote down, and it ends. */
  readonly held: boolean;
}

/** A running program behind pipes, in a session and process group of its own. */
export interface HeldProcess extends Disposable {
  /** Names this run; also the name of its holder's folder. */
  readonly run: string;
  readonly identity: ProcessIdentity;
  /** Missing where it was started by this daemon. */
  readonly found?: FoundState;
  /** Offset of the first byte of stdout that is told. */
  readonly from: number;
  /** Bytes that were written to it in all. */
  readonly sent: number;
  /**
   * Keeps its stdout from this offset on for a later daemon, also when it has ended, until it is called with undefined.
   * At first nothing is kept that was told.
   */
  keep(from: number | undefined): void;
  /** Queues bytes for stdin. After the exit it does nothing. Resolves when the pipe has taken them. */
  write(data: string): Promise<void>;
  /** Closes stdin, which tells a well-behaved brain to end. */
  end(): void;
  onStdout(listener: (chunk: Buffer, offset: number) => void): Disposable;
  onStderr(listener: (chunk: Buffer) => void): Disposable;
  /** Resolves once the process has ended and all its output was delivered. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  isAlive(): boolean;
  /** Whether it ended since it had used up its memory; known once it has exited. */
  readonly outOfMemory: boolean;
  /** SIGTERM to the group, a grace, SIGKILL, then a sweep for survivors that changed session. */
  kill(graceMs: number): Promise<ProcessExit>;
}

/** A piece of what was put out, or a change of size, with its time in milliseconds since 1970. */
export type SpoolMark =
  | { readonly type: 'output'; readonly at: number; readonly offset: number }
  | { readonly type: 'resize'; readonly at: number; readonly offset: number; readonly size: HeldSize };

/**
 * What a terminal has put out, on disk; the holder is its sole writer. The oldest part of a long run is dropped,
 * so `start` moves.
 */
export interface Spool {
  /** Offset of the first byte that is kept. */
  readonly start: number;
  /** Offset after the last byte that was written. */
  readonly end: number;
  /** Up to `max` bytes from there; undefined when they are no longer kept. Empty at the end. */
  read(offset: number, max: number): Buffer | undefined;
  /** The times and sizes of the bytes from `offset` up to `end`, in order; the size in force at `offset` comes first. */
  marks(offset: number, end: number): SpoolMark[];
}

/** Who may come on a lane, and for what. */
export interface LaneRequest {
  /** May type. */
  readonly write: boolean;
  /** Gets every byte, however far it is behind. */
  readonly lossless: boolean;
  /** Hears when it was let go, as it has read nothing for too long. */
  readonly stalled: () => void;
}

/** One client's direct way to a terminal. Disposing it ends it at once. */
export interface HeldLane extends Disposable {
  /** Path of the socket to connect to. */
  readonly socket: string;
  /** What to say there first, in hex; it is good for one connection. */
  readonly token: string;
}

/** Direct ways from clients to a terminal's holder, past this daemon, which gives them out and takes them back. */
export interface HeldLanes {
  grant(request: LaneRequest): HeldLane;
  /**
   * Resolves once the holder has done what it was told before, and all it had put out by then was heard here; without
   * its answer a second later.
   */
  settled(): Promise<void>;
  /** Whether output is wanted at once, as at first, or will do a few milliseconds later. */
  hurry(hurried: boolean): void;
}

/** A running program in a terminal of its own. */
export interface HeldTerminal extends Disposable {
  /** Names this run; also the name of its holder's folder. */
  readonly run: string;
  readonly tag: HeldTag;
  readonly identity: ProcessIdentity;
  readonly size: HeldSize;
  readonly spool: Spool;
  /** Missing where it was started by this daemon. */
  readonly found?: FoundState;
  /** Bytes that were written to it in all, but for what clients type past the daemon. */
  readonly sent: number;
  /** Missing where its holder is of a release that knows none, or is not to be reached. */
  readonly lanes?: HeldLanes | undefined;
  /** Queues bytes for the program; false, and nothing is queued, when more than 4 MiB would wait for one that does not read. */
  write(data: Buffer): boolean;
  resize(size: HeldSize): void;
  /** Hears all output from the moment of the call, in order; `offset` is of the chunk's first byte. */
  onOutput(listener: (offset: number, chunk: Buffer) => void): Disposable;
  /** Resolves once the program has ended and all its output was delivered. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  isAlive(): boolean;
  /** Whether it ended since it had used up its memory; known once it has exited. */
  readonly outOfMemory: boolean;
  /** SIGTERM to the group, a grace, SIGKILL, then a sweep for survivors that changed session. */
  kill(graceMs: number): Promise<ProcessExit>;
}

/** Runs programs for the suppliers, each under a holder process of its own. */
export interface Holder {
  /**
   * Starts a program behind pipes; resolves when it runs and its identity is recorded.
   * @throws the system's error (ENOENT, EACCES, …) when it cannot be started.
   */
  spawn(what: HeldProgram): Promise<HeldProcess>;
  /**
   * Starts a program in a terminal; otherwise as `spawn`.
   * @throws the system's error (ENOENT, EACCES, …) when it cannot be started.
   */
  spawnTerminal(what: HeldProgram, size: HeldSize): Promise<HeldTerminal>;
}

/** A spool whose program has ended. */
export interface FinishedSpool {
  readonly run: string;
  readonly tag: HeldTag;
  readonly spool: Spool;
  readonly exit: ProcessExit | undefined;
}
