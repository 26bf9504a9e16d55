import { statSync } from 'node:fs';
import { fail } from '../../protocol/fail.js';

/** @throws zoneInvalid where the directory that a clone works in is gone */
export function checkPlace(cwd: string): void {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return;
  throw fail('zoneInvalid', { path: cwd, reason: 'the brain cannot start there, it is no directory' });
}
