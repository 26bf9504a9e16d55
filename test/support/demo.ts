import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The demo brain's compiled program: the end-to-end tests run what is shipped. */
export const demoProgram = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../dist/daemon/brains/demo/program.js',
);
