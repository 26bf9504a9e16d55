import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A process as /proc tells of it. */
export interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Between two looks at a process whose end no event tells, in ms. */
const pollMs = 10;

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);

/** Living processes apart from this one. Empty where there is no /proc. */
function pids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  } catch {
    return [];
  }
}

/** Processes that have every one of these entries (`NAME=value`) in their environment. */
export function processesWith(...entries: readonly string[]): number[] {
  return pids().filter((pid) => {
    const environment = read(pid, 'environ').split('\0');
    return entries.every((entry) => environment.includes(entry));
  });
}

/** Processes whose command or environment names `text`. */
export function processesNaming(text: string): FoundProcess[] {
  return pids()
    .map((pid) => ({
      pid,
      parent: parentOf(pid),
      command: read(pid, 'cmdline').replaceAll('\0', ' ').trim(),
    }))
    .filter(({ pid, command }) => command.includes(text) || read(pid, 'environ').includes(text));
}

/** Whether a process runs; one that has ended and waits for its parent to collect it does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // The state follows the command's name, which may hold anything but ends with the last parenthesis.
    return !/\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Resolves when no process of this number exists any more. @throws when it still does after `limitMs` */
export async function goneWithin(pid: number, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  while (isAlive(pid)) {
    if (performance.now() > until) throw new Error(`process ${pid} still runs after ${limitMs} ms`);
    await wait(pollMs);
  }
}
