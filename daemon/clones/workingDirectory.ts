import { realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fail } from '../../protocol/fail.js';
import { badParam } from './badParam.js';

/**
 * The real path of a clone's directory, which lies in its zone.
 * @throws invalidParams, and zoneInvalid when the zone itself is gone
 */
export function workingDirectory(root: string, cwd: string | undefined): string {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw fail('zoneInvalid', { path: root, reason: 'it is no directory any more' });
  }
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
