import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from './wire.js';

/** What the kernel says of a process: enough to tell it from another one that gets its number later. */
export interface ProcessFacts {
  readonly startTime: string;
  readonly session: number;
  /** Ended but not yet collected by its parent: it can neither run nor be signalled. */
  readonly zombie: boolean;
}

const hasProc = process.platform === 'linux';

const firstLine = (program: string, args: readonly string[]): string | undefined => {
  try {
    const line = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
    }).trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
};

/** Reads `/proc/PID/stat`; undefined when there is no such process. */
export function factsFromProc(pid: number): ProcessFacts | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The command name may hold spaces and brackets; the numbered fields begin after its last bracket, with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const session = fields[3];
  const startTime = fields[19];
  if (state === undefined || session === undefined || startTime === undefined) return undefined;
  return { startTime, session: Number(session), zombie: state === 'Z' || state === 'X' };
}

/** Asks `ps`, where there is no /proc; undefined when there is no such process. */
export function factsFromPs(pid: number): ProcessFacts | undefined {
  const line = firstLine('ps', ['-o', 'pgid=,state=,lstart=', '-p', String(pid)]);
  const parts = line === undefined ? null : /^(\d+)\s+(\S+)\s+(.+)$/.exec(line);
  if (!parts) return undefined;
  // BSD's ps prints no usable session id; a brain leads its own group and session under one number.
  return { startTime: parts[3] ?? '', session: Number(parts[1]), zombie: (parts[2] ?? '').startsWith('Z') };
}

/** What is known of a process; undefined when there is none of this number. */
export const processFacts = hasProc ? factsFromProc : factsFromPs;

let boot: string | undefined;

/** Names the running boot: start times of another boot mean nothing. */
export function bootId(): string {
  boot ??= hasProc
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    : (firstLine('sysctl', ['-n', 'kern.bootsessionuuid']) ??
      firstLine('sysctl', ['-n', 'kern.boottime']) ??
      'unknown');
  return boot;
}

/** Identifies a child just started; undefined when it cannot be read any more. */
export function identify(pid: number, run: string): ProcessIdentity | undefined {
  const facts = processFacts(pid);
  return facts && { pid, startTime: facts.startTime, bootId: bootId(), run };
}

/** Whether this very process still runs; another one under its number does not count. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const facts = processFacts(identity.pid);
  return facts !== undefined && !facts.zombie && facts.startTime === identity.startTime;
}
