import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonZone } from './daemon.js';

const faulty = fileURLToPath(new URL('./faultyBrain.mjs', import.meta.url));

/** Puts a `claude` before all others that breaks its protocol as the variables of its clone say (faultyBrain.mjs). */
export function withFaultyClaude(zone: DaemonZone): void {
  const { folder, env } = zone.sandbox;
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh\ncase "$1" in --version) echo 2.0.0; exit;; esac\nexec '${process.execPath}' '${faulty}' "$@"\n`;
  writeFileSync(join(bin, 'claude'), script);
  chmodSync(join(bin, 'claude'), 0o755);
  env['PATH'] = `${bin}${delimiter}${env['PATH'] ?? ''}`;
}
