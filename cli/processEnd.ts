import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const pollMs = 5;

/** Resolves when no process has this id any more. @throws Error after `limitMs`, where one is given */
export async function waitForEnd(pid: number, limitMs: number | undefined): Promise<void> {
  const until = limitMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + limitMs;
  // It is no child of ours, so there is no event to await.
  while (exists(pid)) {
    if (Date.now() > until) throw new Error(`the daemon (pid ${pid}) has not ended within ${limitMs} ms`);
    await wait(pollMs);
  }
}

/** Whether a process with this id runs. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/**
 * Whether it has ended and waits for its parent to take note: a daemon's parent is the system's first process, which
 * in a container may do so after seconds, or never. Known on Linux only; elsewhere that process is prompt.
 */
function isZombie(pid: number): boolean {
  try {
    // The name before the state is the program's own choice and may hold brackets itself.
    return /^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
