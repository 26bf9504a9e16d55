import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Khlone, Task } from '../../client/index.js';
import { agentsBin } from '../support/claude.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { bareDaemonProgram } from '../support/daemon.js';
import { say, use } from '../support/scriptedModel.js';

/** The real Claude CLI, as it is and with what makes an ask read-only taken away from it. */
let zone: ClaudeZone;
let khlone: Khlone;
beforeAll(async () => {
  zone = await claudeZone({ program: bareDaemonProgram });
  const bin = join(dirname(zone.root), 'bin');
  mkdirSync(bin);
  const stripped = join(import.meta.dirname, '../support/strippedClaude.mjs');
  writeFileSync(join(bin, 'claude'), `#!/bin/sh\nexec '${process.execPath}' '${stripped}' "$@"\n`);
  chmodSync(join(bin, 'claude'), 0o755);
  const path = `${bin}${delimiter}${zone.env['PATH'] ?? ''}`;
  khlone = await zone.client({ ...zone.env, PATH: path, REAL_CLAUDE: join(agentsBin, 'claude') });
});
afterAll(() => zone[Symbol.asyncDispose]());

async function ask(text: string, env: Record<string, string>): Promise<Task> {
  const { name: who } = await khlone.clone.enroll({ role: 'reader', env });
  const { id } = await khlone.clone.ask({ who, say: text });
  return khlone.task.wait({ task: id });
}

test('a write of an ask whose layers are gone is seen, and the same ask with them is done', async () => {
  const file = join(zone.root, 'by-claude.txt');
  const command = `echo undone > ${file}.tmp; rm ${file}.tmp; echo x > ${file}`;
  zone.model.rule('look around', use('Bash', { command, description: 'Look' }), say('I looked.'));

  const kept = await ask('look around', { PATH: zone.env['PATH'] ?? '' });
  expect(kept).toMatchObject({ status: 'done', result: { text: 'I looked.' } });

  const real = { REAL_CLAUDE: join(agentsBin, 'claude') };
  const stripped = await ask('look around', real);
  // The control: without its layers it does write.
  expect(readFileSync(file, 'utf8')).toBe('x\n');
  expect(stripped).toMatchObject({
    status: 'failed',
    result: { text: 'I looked.' },
    error: {
      kind: 'readOnlyViolated',
      violation: { changes: [{ path: 'by-claude.txt', kind: 'added' }], total: 1, others: [] },
    },
  });
  expect(stripped.error?.violation?.diff).toContain('+x\n');
});
