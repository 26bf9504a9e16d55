import type { Disposable } from '../lifecycle.js';

/** What to run. The environment is complete: nothing is inherited. */
export interface HeldProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Who a process is, so that a signal never reaches another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Kernel start time in clock ticks since boot (/proc/PID/stat field 22), or the `ps` start time elsewhere. */
  readonly startTime: string;
  /** The boot the start time counts from. */
  readonly bootId: string;
  /** Random token in the environment of the process (`KHLONE_RUN`), by which strayed descendants are found. */
  readonly run: string;
}

/** How a process ended: exactly one of the two is set. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program behind pipes, in a session and process group of its own. */
export interface HeldProcess extends Disposable {
  readonly identity: ProcessIdentity;
  /** Queues bytes for stdin. After the exit it does nothing. Resolves when the pipe has taken them. */
  write(data: string): Promise<void>;
  /** Closes stdin, which tells a well-behaved brain to end. */
  end(): void;
  onStdout(listener: (chunk: Buffer) => void): Disposable;
  onStderr(listener: (chunk: Buffer) => void): Disposable;
  /** Resolves once the process has ended and all its output was delivered. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  isAlive(): boolean;
  /** SIGTERM to the group, a grace, SIGKILL, then a sweep for survivors that changed session. */
  kill(graceMs: number): Promise<ProcessExit>;
}

/** Runs programs for the suppliers: in this process until holders have processes of their own. */
export interface Holder {
  /**
   * Starts a program; resolves when it runs and its identity is recorded.
   * @throws the system's error (ENOENT, EACCES, …) when it cannot be started.
   */
  spawn(what: HeldProgram): Promise<HeldProcess>;
}

/** Told of each process before it is called running, and when it is gone; the store writes it down. */
export interface ProcessRecorder {
  started(identity: ProcessIdentity): void;
  ended(identity: ProcessIdentity): void;
}
