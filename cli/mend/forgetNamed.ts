import { resolve } from 'node:path';
import { fail } from '../../protocol/fail.js';
import { retold } from '../failure.js';
import { oneLine } from '../render/sanitize.js';
import { forgetZone } from './forget.js';
import { surveyZones } from './survey.js';

/** What was forgotten. */
interface Forgotten {
  readonly id: string;
  readonly root: string;
}

/**
 * Forgets a zone by its id or its folder.
 * @throws zoneInvalid where there is none of this name, or its worktree is there and no `force` is used; zoneLocked where
 * a daemon serves it or brains of it run
 */
export async function forgetNamed(env: NodeJS.ProcessEnv, name: string, force: boolean): Promise<Forgotten> {
  const zones = await surveyZones(env);
  const zone = zones.find(({ id, info }) => id === name || info?.root === resolve(name));
  if (zone === undefined) {
    const error = fail('zoneInvalid', { path: name, reason: 'no state of such a zone is kept' });
    throw retold(error, `There is no zone ${oneLine(name)}.`, '`khlone zones` lists them with their ids.');
  }
  const { id, info, alive, gone, brains } = zone;
  const root = info?.root ?? id;
  const path = `${zone.state}/lock`;
  if (alive || brains > 0) {
    throw retold(
      fail('zoneLocked', { path }),
      alive ? `A daemon serves ${oneLine(root)}.` : `${brains} brains of ${oneLine(root)} run.`,
      gone
        ? '`khlone doctor --fix --all-zones` ends what runs of zones that are gone.'
        : 'Stop it first: `khlone daemon stop`.',
    );
  }
  if (!gone && info !== undefined && !force) {
    throw retold(
      fail('zoneInvalid', { path: root, reason: 'its worktree is still there' }),
      `${oneLine(root)} is still there, and with it would go its clones, tasks and history.`,
      `Use --force if that is meant: \`khlone zones --forget ${id} --force\`.`,
    );
  }
  if (forgetZone(zone) === 'locked') throw fail('zoneLocked', { path });
  return { id, root };
}
