import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../../../protocol/version.js';
import { fail } from '../../../protocol/fail.js';
import type { BrainSupplier } from '../contract.js';
import { type StreamJsonHost, streamJsonSupplier } from '../streamJson/supplier.js';
import type { Conversation } from '../streamJson/talk/kind.js';
import { demoFolder, memoryFile } from './memory.js';
import { transcriptOf } from './talk/transcript.js';

/** Where the demo's program and its conversations are. */
export interface DemoOptions {
  /** The compiled program; beside this file when left out. */
  readonly program?: string;
  /** Folder for its conversations; the program's own default when left out. */
  readonly folder?: string;
}

/** A small scripted program that speaks as Claude Code does: no account, no network, no model. */
export function demoSupplier(host: StreamJsonHost, options: DemoOptions = {}): BrainSupplier {
  const program = options.program ?? fileURLToPath(new URL('./program.js', import.meta.url));
  const install = 'Build khlone again (`npm run build`), or install it anew.';
  const env: Readonly<Record<string, string>> =
    options.folder === undefined ? {} : { KHLONE_DEMO_DIR: options.folder };
  const folderOf = (of: Conversation): string => demoFolder({ ...of.env, ...env });
  return streamJsonSupplier(
    {
      name: 'demo',
      summary: 'a scripted stand-in for first runs and tests: no account, no network, no intelligence',
      login: 'The demo needs no login.',
      install,
      probe: async () => {
        if (!existsSync(program)) throw fail('brainMissing', { brain: 'demo', program, install });
        return { program, version: packageVersion };
      },
      command: (found) => ({ program: process.execPath, args: [found.program] }),
      env,
      runsOn: () => false,
      // Its conversations are all it writes, and nothing else of khlone's reads them.
      ask: (spec) => {
        const folder = folderOf(spec);
        const home = fileURLToPath(new URL('../../../..', import.meta.url));
        return {
          needs: { readable: [home, program], writable: [{ from: folder, at: folder }] },
          settle: () => undefined,
        };
      },
      talk: {
        args: ['--talk'],
        env: {},
        interrupt: '\u0003',
        exists: (of) => existsSync(memoryFile(folderOf(of), of.conversation)),
        transcript: (of) => {
          const file = transcriptOf(folderOf(of), of.conversation);
          return existsSync(file) ? file : undefined;
        },
      },
    },
    host,
  );
}
