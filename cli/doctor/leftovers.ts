import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isKhloneError } from '../../client/index.js';
import { stateHome } from '../../protocol/zone.js';
import { forgetZone, halfForgotten, removeDeadSockets } from '../mend/forget.js';
import { endHolder, findHolders, type FoundHolder, lostReason, zoneOf } from '../mend/holders.js';
import { deadSockets, surveyZones, type SurveyedZone } from '../mend/survey.js';
import { fine, warn, type Finding, type Mendable } from './check.js';

const fixes = '`khlone doctor --fix` removes it; so does the next daemon there.';
const fixesAll = '`khlone doctor --fix --all-zones`';

/** What earlier crashes left, in every zone of this environment's state; to be mended in this order. */
export async function checkLeftovers(env: NodeJS.ProcessEnv): Promise<(Finding | Mendable)[]> {
  let home: string;
  try {
    home = stateHome(env);
  } catch (error) {
    if (isKhloneError(error)) return [];
    throw error;
  }
  const zones = await surveyZones(env);
  const holders = findHolders(home);
  const found = [
    ...holders.flatMap(lostHolder),
    ...zones.flatMap((zone) => goneZone(zone, holders)),
    ...zones.flatMap(deadSocket),
    ...halfForgotten(join(home, 'zones')).map(halfGone),
    ...zones.flatMap(leftBrains),
  ];
  return found.length === 0 ? [fine('leftovers', 'none')] : found;
}

function lostHolder(holder: FoundHolder): Mendable[] {
  const reason = lostReason(holder);
  if (reason === undefined) return [];
  return [
    {
      ...warn(
        'holder',
        `pid ${holder.pid} keeps a brain that no daemon will take up: ${reason}`,
        `${fixesAll} ends both.`,
      ),
      scope: 'allZones',
      async mend() {
        await endHolder(holder);
        return `ended pid ${holder.pid} and its brain`;
      },
    },
  ];
}

function goneZone(zone: SurveyedZone, holders: readonly FoundHolder[]): Mendable[] {
  if (!zone.gone || zone.info === undefined) return [];
  const { root } = zone.info;
  return [
    {
      ...warn(
        'zone gone',
        `${root} is there no more; its state is kept in ${zone.state}`,
        `\`khlone zones --forget ${zone.id}\`, or ${fixesAll} for all of them.`,
      ),
      scope: 'allZones',
      async mend() {
        if (zone.alive) return undefined;
        for (const holder of holders) if (zoneOf(holder) === zone.id) await endHolder(holder);
        return forgetZone(zone) === 'done' ? `forgot ${root}` : undefined;
      },
    },
  ];
}

function deadSocket(zone: SurveyedZone): Mendable[] {
  const sockets = deadSockets(zone);
  if (sockets.length === 0) return [];
  const detail = `nobody listens on ${sockets.join(', ')}: the daemon of ${zone.info?.root} died`;
  return [
    {
      ...warn('dead socket', detail, fixes),
      scope: 'always',
      mend: async () => (removeDeadSockets(zone) === 'done' ? `removed ${sockets.join(', ')}` : undefined),
    },
  ];
}

function halfGone(folder: string): Mendable {
  return {
    ...warn('forgotten zone', `${folder} was not removed to its end`, '`khlone doctor --fix` does so.'),
    scope: 'always',
    async mend() {
      rmSync(folder, { recursive: true, force: true });
      return `removed ${folder}`;
    },
  };
}

/** They are no fault: the next daemon goes on with them. */
function leftBrains({ alive, gone, brains, info }: SurveyedZone): Finding[] {
  if (alive || gone || brains === 0 || info === undefined) return [];
  return [
    warn(
      'brains',
      `${brains} of ${info.root} live on without a daemon`,
      `\`khlone daemon start --zone '${info.root}'\` takes them up, \`khlone daemon stop\` there ends them.`,
    ),
  ];
}
