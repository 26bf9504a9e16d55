import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exists } from './processEnd.js';

/** Name of the folder of one brain's life, below the zone's `brains`. */
const runPattern = /^[0-9a-f]{16}$/;

/**
 * How many brains run that are noted in this folder, whether a daemon runs or not. A number that the system has given
 * to another process since may be counted too.
 */
export function countLeftBrains(brains: string): number {
  return runsIn(brains).filter((run) => isLeft(join(brains, run))).length;
}

function runsIn(brains: string): string[] {
  try {
    return readdirSync(brains).filter((name) => runPattern.test(name));
  } catch {
    return [];
  }
}

function isLeft(folder: string): boolean {
  if (existsSync(join(folder, 'exit.json'))) return false;
  try {
    const { brain } = JSON.parse(readFileSync(join(folder, 'brain.json'), 'utf8')) as {
      readonly brain?: { readonly pid?: unknown };
    };
    const pid = brain?.pid;
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && exists(pid);
  } catch {
    return false;
  }
}
