import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectNoLeaks, type TestRun } from './leaks.js';

const ensure = fileURLToPath(new URL('./ensure.mjs', import.meta.url));

/** Makes `dist/` fresh, marks the run, and checks at its end that nothing of it is left. */
export default function setup(): () => Promise<void> {
  const built = spawnSync(process.execPath, [ensure, '--lenient'], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('The working copy could not be made ready; see above.');
  const run: TestRun = { id: randomUUID(), folder: mkdtempSync(join(tmpdir(), 'kt-')) };
  process.env['KHLONE_TEST_RUN'] = run.id;
  process.env['TMPDIR'] = run.folder;
  return async () => {
    try {
      await expectNoLeaks(run, 5000);
    } catch (error) {
      // vitest prints what a teardown throws and still exits with 0.
      process.exitCode = 1;
      throw error;
    }
  };
}
