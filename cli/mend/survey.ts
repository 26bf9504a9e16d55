import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listenerAt } from '../../client/listener.js';
import { parseZoneInfo, stateHome, type ZoneInfo } from '../../protocol/zone.js';
import { countLeftBrains } from '../leftBrains.js';

/** A zone as its files tell of it. */
export interface SurveyedZone {
  readonly id: string;
  /** Folder of its state. */
  readonly state: string;
  /** Undefined where no daemon has come as far as writing it. */
  readonly info: ZoneInfo | undefined;
  readonly alive: boolean;
  /** Whether the worktree is there no more. */
  readonly gone: boolean;
  /** Brains that run. */
  readonly brains: number;
}

/** Every zone with state in this environment. @throws pathUnsafe when KHLONE_HOME is relative */
export async function surveyZones(env: NodeJS.ProcessEnv): Promise<SurveyedZone[]> {
  const folder = join(stateHome(env), 'zones');
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^[0-9a-f]{16}$/.test(name));
  } catch {
    return [];
  }
  return Promise.all(names.toSorted().map((id) => surveyZone(folder, id)));
}

async function surveyZone(folder: string, id: string): Promise<SurveyedZone> {
  const state = join(folder, id);
  const info = readInfo(join(state, 'zone.json'));
  return {
    id,
    state,
    info,
    // What may be alive is left alone.
    alive: info !== undefined && (await listenerAt(info.socket)) !== 'absent',
    gone: info !== undefined && !existsSync(info.root),
    brains: countLeftBrains(join(state, 'brains')),
  };
}

/** Reads a `zone.json`. */
export function readInfo(path: string): ZoneInfo | undefined {
  try {
    return parseZoneInfo(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The locks of a zone: the one of its state, and the one beside the socket where that has a folder. */
export function locksOf({ state, info }: SurveyedZone): string[] {
  const lock = join(state, 'lock');
  return info !== undefined && existsSync(dirname(info.socket)) ? [lock, `${info.socket}.lock`] : [lock];
}

/** The folder of the zone's socket, if it is khlone's own and not one of the user's choice. */
export function socketFolder({ id, info }: SurveyedZone): string | undefined {
  const folder = info && dirname(info.socket);
  return folder !== undefined && basename(folder) === id && existsSync(folder) ? folder : undefined;
}

/** Sockets that nobody listens on, if no daemon lives: the zone's own, and those a start that was cut off left beside it. */
export function deadSockets(zone: SurveyedZone): string[] {
  if (zone.alive || zone.info === undefined) return [];
  const folder = socketFolder(zone);
  const unnamed =
    folder === undefined
      ? []
      : readdirSync(folder)
          .filter((name) => /^\.[0-9a-z]{3}$/.test(name))
          .map((name) => join(folder, name));
  return [zone.info.socket, ...unnamed].filter((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.isSocket(),
  );
}
