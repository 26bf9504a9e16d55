import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of a daemon's log that tell of an error, from all its files. A line that a kill cut in two is none. */
export function loggedErrors(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.includes('"level":"error"'));
}
