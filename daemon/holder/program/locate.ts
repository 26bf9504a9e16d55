import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SpawnOrder } from './wire.js';

/** Where programs are looked for when the environment does not say, as execvp does. */
const defaultPath = '/usr/bin:/bin';

/**
 * The file a program's name means in its environment. A fork for a terminal tells no reason when it fails, so it is
 * looked for before.
 * @throws ENOENT (also for a working directory that is none), EACCES
 */
export function locate({ program, env, cwd }: Pick<SpawnOrder, 'program' | 'env' | 'cwd'>): string {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw spawnError('ENOENT', program);
  const folders = program.includes('/') ? [''] : (env['PATH'] ?? defaultPath).split(':');
  let reason = 'ENOENT';
  for (const folder of folders) {
    const file = resolve(cwd, folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
      reason = 'EACCES';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') reason = 'EACCES';
    }
  }
  throw spawnError(reason, program);
}

/** An error as `child_process.spawn` gives it. */
function spawnError(code: string, program: string): Error {
  return Object.assign(new Error(`spawn ${program} ${code}`), { code });
}
