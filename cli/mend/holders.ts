import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readInfo } from './survey.js';

/** How long a brain may take to end, in ms. */
const graceMs = 5_000;
const pollMs = 50;

/** A process as the system tells of it. `start` tells it from another one that gets its number later. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly command: string;
}

/** A holder that runs. */
export interface FoundHolder extends Process {
  /** Its own folder. */
  readonly folder: string;
}

/** Every holder of this user below a folder of state, of whatever zone. */
export function findHolders(home: string): FoundHolder[] {
  return processes().flatMap((found) => {
    const folder = /holder\/program\/main\.js (\/.*?\/brains\/[0-9a-f]{16})(?: \d+)?$/.exec(
      found.command,
    )?.[1];
    return folder?.startsWith(`${home}/zones/`) ? [{ ...found, folder }] : [];
  });
}

/**
 * Why no daemon will ever come for a holder; undefined where one may: its folder is what a daemon finds it by, and
 * without its worktree a zone has no daemon.
 */
export function lostReason(holder: FoundHolder): string | undefined {
  const { folder } = holder;
  const state = dirname(dirname(folder));
  const id = zoneOf(holder);
  if (!existsSync(folder)) return `the state of its zone (${id}) was removed`;
  const info = readInfo(`${state}/zone.json`);
  if (info === undefined) return `its zone (${id}) is unknown`;
  return existsSync(info.root) ? undefined : `its worktree, ${info.root}, is gone`;
}

/** The id of the zone that a holder is of. */
export function zoneOf({ folder }: FoundHolder): string {
  return basename(dirname(dirname(folder)));
}

/** Ends a holder and what runs under it: SIGTERM to each group, a grace, SIGKILL. */
export async function endHolder(holder: FoundHolder): Promise<void> {
  const brains = processes().filter(({ parent }) => parent === holder.pid);
  for (const brain of brains) signalGroup(brain, 'SIGTERM');
  const until = performance.now() + graceMs;
  while (performance.now() < until && brains.some(isSame)) await wait(pollMs);
  for (const brain of brains) signalGroup(brain, 'SIGKILL');
  while (brains.some(isSame)) await wait(pollMs);
  if (!isSame(holder)) return;
  process.kill(holder.pid, 'SIGKILL');
  while (isSame(holder)) await wait(pollMs);
}

function signalGroup(brain: Process, signal: NodeJS.Signals): void {
  if (!isSame(brain)) return;
  try {
    // A brain leads a group of its own.
    process.kill(-brain.pid, signal);
  } catch {
    // It ended in between, which is what was wanted.
  }
}

/** Whether this very process still runs. */
function isSame({ pid, start }: Process): boolean {
  return look(pid)?.start === start;
}

const hasProc = process.platform === 'linux';

function processes(): Process[] {
  const pids = hasProc
    ? readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    : ps(['-U', String(process.getuid?.() ?? ''), '-o', 'pid=']).split('\n');
  return pids.flatMap((pid) => look(Number(pid)) ?? []);
}

/** What is known of a process of this user; undefined when there is none of this number, or it has ended. */
function look(pid: number): Process | undefined {
  try {
    return hasProc ? lookInProc(pid) : lookWithPs(pid);
  } catch {
    return undefined;
  }
}

function lookInProc(pid: number): Process | undefined {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  if (Number(/^Uid:\s*(\d+)/m.exec(status)?.[1]) !== process.getuid?.()) return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name may hold anything; the numbered fields begin after its last bracket, with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = ''] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd();
  return { pid, parent: Number(parent), start: fields[19] ?? '', command };
}

function lookWithPs(pid: number): Process | undefined {
  const line = ps(['-o', 'ppid=,state=,lstart=', '-p', String(pid)]);
  const parts = /^(\d+)\s+(\S+)\s+(.+)$/.exec(line);
  if (!parts || (parts[2] ?? '').startsWith('Z')) return undefined;
  const command = ps(['-ww', '-o', 'command=', '-p', String(pid)]);
  return { pid, parent: Number(parts[1]), start: parts[3] ?? '', command };
}

function ps(args: readonly string[]): string {
  return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
