import type { ProcessIdentity } from './contract.js';
import { bootId } from './program/identity.js';
import { defaultGraceMs, killGroups } from './kill.js';

/**
 * Ends what a daemon that was killed left behind: the recorded processes that still run, and their
 * descendants. Identities of an earlier boot are passed over. Resolves with the number of processes
 * that were found and ended.
 */
export async function endSurvivors(
  identities: readonly ProcessIdentity[],
  graceMs: number = defaultGraceMs,
): Promise<number> {
  const ours = identities.filter((identity) => identity.bootId === bootId());
  return ours.length === 0 ? 0 : killGroups(ours, graceMs);
}
