import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from './contract.js';
import { isRunning, processFacts } from './program/identity.js';
import { findStrays } from './strays.js';

/** How long a process may take over SIGTERM (design: 5 s). */
export const defaultGraceMs = 5_000;

/** Between two looks at processes that are not our children, whose end no event tells. */
const pollMs = 20;
/** A process forks strays faster than they are found only on purpose; this many rounds end the chase. */
const sweepRounds = 50;

/** Signals a process's group, if the number still belongs to this very process. Says whether it did. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(-identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends with SIGKILL what is left of the runs, descendants in sessions of their own included. Resolves with how many were ended. */
export async function sweep(runs: readonly ProcessIdentity[]): Promise<number> {
  const ended = new Set<number>();
  for (let round = 0; round < sweepRounds; round++) {
    const strays = await findStrays(runs);
    if (strays.length === 0) break;
    for (const stray of strays) {
      if (processFacts(stray.pid)?.startTime !== stray.startTime) continue;
      try {
        process.kill(stray.pid, 'SIGKILL');
        ended.add(stray.pid);
      } catch {
        // It ended in between, which is what was wanted.
      }
    }
    await sleep(pollMs);
  }
  return ended.size;
}

/**
 * Ends processes by group: SIGTERM, a grace in milliseconds, SIGKILL, then a sweep for what changed
 * session. `gone` resolves early when the caller can tell that the process has ended.
 */
export async function killGroups(
  runs: readonly ProcessIdentity[],
  graceMs: number,
  gone: Promise<unknown> = pollUntilGone(runs, graceMs),
): Promise<number> {
  const signalled = runs.filter((run) => signalGroup(run, 'SIGTERM'));
  if (signalled.length > 0) {
    const grace = new AbortController();
    await Promise.race([gone, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)]);
    grace.abort();
    for (const run of signalled) signalGroup(run, 'SIGKILL');
  }
  return signalled.length + (await sweep(runs));
}

async function pollUntilGone(runs: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  while (performance.now() < until && runs.some(isRunning)) await sleep(pollMs);
}
