import { setTimeout as sleep } from 'node:timers/promises';
import { endCgroup, ownCgroup } from './brainCgroup.js';
import type { ProcessIdentity } from './contract.js';
import { insideOf } from './namespace.js';
import { bootId, isRunning, processFacts } from './program/identity.js';
import { findKin, findStrays, type Stray } from './strays.js';

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

/**
 * Ends with SIGKILL what is left of the runs, descendants in sessions of their own included: all that is in their
 * cgroups, and all that is found by its marks. Resolves with how many were ended.
 */
export async function sweep(runs: readonly ProcessIdentity[], kin: readonly Stray[] = []): Promise<number> {
  const inCgroups = await Promise.all(runs.map(sweepCgroup));
  const ended = new Set(kin.filter(endStray).map(({ pid }) => pid));
  for (let round = 0; round < sweepRounds; round++) {
    const strays = await findStrays(runs);
    if (strays.length === 0) break;
    for (const stray of strays) if (endStray(stray)) ended.add(stray.pid);
    await sleep(pollMs);
  }
  return inCgroups.reduce((sum, count) => sum + count, ended.size);
}

/**
 * Signals one, if the number still belongs to this very process. Says whether it did. Between the look and
 * the signal are some microseconds in which nothing of ours runs: a number is given out again only once all others
 * were, which takes the kernel a second and more.
 */
function signalStray({ pid, startTime }: Stray, signal: NodeJS.Signals): boolean {
  const facts = processFacts(pid);
  if (facts === undefined || facts.zombie || facts.startTime !== startTime) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // It ended in between, which is what was wanted.
    return false;
  }
}

const endStray = (stray: Stray): boolean => signalStray(stray, 'SIGKILL');

async function sweepCgroup(run: ProcessIdentity): Promise<number> {
  const cgroup = run.bootId === bootId() ? ownCgroup(run) : undefined;
  return cgroup === undefined ? 0 : endCgroup(cgroup);
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
  // What a cgroup holds need not be known.
  const kin = await findKin(runs.filter((run) => ownCgroup(run) === undefined));
  const asked = await Promise.all(runs.map(askToEnd));
  const signalled = runs.filter((_, index) => asked[index]);
  if (signalled.length > 0) {
    const grace = new AbortController();
    await Promise.race([gone, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)]);
    grace.abort();
    for (const run of signalled) signalGroup(run, 'SIGKILL');
  }
  return signalled.length + (await sweep(runs, kin));
}

/** Sends SIGTERM to a run. Says whether there was anybody. */
async function askToEnd(run: ProcessIdentity): Promise<boolean> {
  const inside = await insideOf(run);
  if (inside === undefined || inside.length === 0) return signalGroup(run, 'SIGTERM');
  for (const stray of inside) signalStray(stray, 'SIGTERM');
  return true;
}

async function pollUntilGone(runs: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  while (performance.now() < until && runs.some(isRunning)) await sleep(pollMs);
}
