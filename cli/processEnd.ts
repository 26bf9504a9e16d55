import { setTimeout as wait } from 'node:timers/promises';

const pollMs = 20;

/** Resolves when no process has this id any more. @throws Error after `limitMs`, where one is given */
export async function waitForEnd(pid: number, limitMs: number | undefined): Promise<void> {
  const until = limitMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + limitMs;
  // It is no child of ours, so there is no event to await.
  while (exists(pid)) {
    if (Date.now() > until) throw new Error(`the daemon (pid ${pid}) has not ended within ${limitMs} ms`);
    await wait(pollMs);
  }
}

/** Whether there is a process with this id. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
