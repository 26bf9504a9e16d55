import { realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { badParam } from './badParam.js';

/**
 * The real path of a clone's directory, which lies in its zone.
 * @throws invalidParams
 */
export function workingDirectory(root: string, cwd: string | undefined): string {
  const path = resolve(root, cwd ?? '.');
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    throw badParam('cwd', `names ${path}, which does not exist`);
  }
  if (!statSync(real).isDirectory()) throw badParam('cwd', `names ${path}, which is not a directory`);
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw badParam('cwd', `names ${path}, which is outside the zone ${root}`);
  }
  return real;
}
