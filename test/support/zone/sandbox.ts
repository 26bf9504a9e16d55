import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Zone } from '../../../protocol/zone.js';
import { resolveZone } from '../../../protocol/zone.js';

/** A temporary folder with a zone, a state folder and a runtime folder of its own. */
export interface ZoneSandbox {
  readonly folder: string;
  readonly zone: Zone;
  readonly env: NodeJS.ProcessEnv;
  remove(): void;
}

export function zoneSandbox(): ZoneSandbox {
  // The short real path: socket paths have a limit, and a linked temporary folder would not be a zone's root.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
  const runtime = join(folder, 'r');
  mkdirSync(runtime, { mode: 0o700 });
  mkdirSync(join(folder, 'z'), { mode: 0o700 });
  return {
    folder,
    zone: resolveZone(join(folder, 'z')),
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      KHLONE_HOME: join(folder, 'h'),
      XDG_RUNTIME_DIR: runtime,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
