import { realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fail } from '../../protocol/fail.js';

/**
 * The real path of a clone's directory, which lies in its zone.
 * @throws zoneInvalid
 */
export function workingDirectory(root: string, cwd: string | undefined): string {
  const path = resolve(root, cwd ?? '.');
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    throw fail('zoneInvalid', { path, reason: 'it does not exist' });
  }
  if (!statSync(real).isDirectory()) throw fail('zoneInvalid', { path, reason: 'it is not a directory' });
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw fail('zoneInvalid', { path, reason: `it is outside the zone ${root}` });
  }
  return real;
}
