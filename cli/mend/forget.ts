import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLocks } from './lock.js';
import { deadSockets, locksOf, socketFolder, type SurveyedZone } from './survey.js';

/** What a zone's state is called while it is being taken away. */
const asideName = '.forgotten-';

/** What became of an attempt to take something away. */
export type Mended = 'done' | 'locked';

/** Takes away the sockets of a daemon that is dead, once its locks prove that it is. */
export function removeDeadSockets(zone: SurveyedZone): Mended {
  using locks = takeLocks(locksOf(zone));
  if (locks === undefined) return 'locked';
  // Looked for again: a daemon may have come and gone since.
  for (const path of deadSockets(zone)) unlinkSync(path);
  return 'done';
}

/**
 * Takes away all that khlone keeps of a zone. The locks go last and with the folders, moved out of the way first: who
 * opened one before finds another file at its path, and begins again.
 */
export function forgetZone(zone: SurveyedZone): Mended {
  using locks = takeLocks(locksOf(zone));
  if (locks === undefined) return 'locked';
  const sockets = socketFolder(zone);
  if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
  else for (const path of deadSockets(zone)) unlinkSync(path);
  const aside = join(dirname(zone.state), `${asideName}${randomBytes(6).toString('hex')}`);
  renameSync(zone.state, aside);
  rmSync(aside, { recursive: true, force: true });
  return 'done';
}

/** States that were being taken away when that was cut off. */
export function halfForgotten(zones: string): string[] {
  try {
    return readdirSync(zones)
      .filter((name) => name.startsWith(asideName))
      .map((name) => join(zones, name));
  } catch {
    return [];
  }
}
