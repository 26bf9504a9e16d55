import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseZoneInfo, stateHome, type ZoneInfo } from '../protocol/zone.js';
import { listenerAt } from './listener.js';

/** A zone this user has had a daemon for, and whether one answers now. */
export interface ListedZone extends ZoneInfo {
  readonly id: string;
  readonly alive: boolean;
}

/**
 * Every zone with state under this environment's state folder, ordered by root. `pid`, `startedAt` and
 * `version` are those of its last daemon. What cannot be read is left out.
 * @throws pathUnsafe when KHLONE_HOME is relative
 */
export async function listZones(env: NodeJS.ProcessEnv = process.env): Promise<ListedZone[]> {
  const folder = join(stateHome(env), 'zones');
  const ids = await readdir(folder).catch(() => [] as string[]);
  const found = await Promise.all(ids.map((id) => readZone(folder, id)));
  return found.filter((zone) => zone !== undefined).toSorted((a, b) => (a.root < b.root ? -1 : 1));
}

async function readZone(folder: string, id: string): Promise<ListedZone | undefined> {
  const text = await readFile(join(folder, id, 'zone.json'), 'utf8').catch(() => '');
  const info = parseZoneInfo(text);
  if (info === undefined) return undefined;
  return { id, ...info, alive: (await listenerAt(info.socket)) === 'present' };
}
