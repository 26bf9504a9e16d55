import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file of the installed package, by its path from the package's root. Found by walking up, since the same module
 * runs compiled by itself and inside the bundled command, at different depths.
 */
export function packageFile(path: string): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, path);
  }
  return join(start, path);
}
