import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';

let zone: DaemonZone;
beforeEach(() => {
  zone = new DaemonZone();
});
afterEach(() => zone[Symbol.asyncDispose]());

it('a long conversation of Claude Code is told by the clone, the board and the doctor', async () => {
  // Only asked for its version: the clone goes on with a conversation and does nothing yet.
  const bin = join(zone.sandbox.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'claude'), '#!/bin/sh\necho "2.1.0 (Claude Code)"\n');
  chmodSync(join(bin, 'claude'), 0o755);
  const env = { ...zone.sandbox.env, LANG: 'C.UTF-8', PATH: `${bin}:${zone.sandbox.env['PATH']}` };
  const conversation = randomUUID();
  const projects = join(zone.sandbox.folder, '.claude/projects', zone.root.replace(/[^a-zA-Z0-9]/g, '-'));
  mkdirSync(projects, { recursive: true });
  const file = join(projects, `${conversation}.jsonl`);
  writeFileSync(file, '');
  truncateSync(file, 70 * 2 ** 20);

  const khlone = await zone.connect({ env });
  const { name } = await khlone.clone.enroll({ role: 'mechanic', brain: 'claude', resume: conversation });
  expect((await khlone.clone.get({ who: name })).notices).toMatchObject([
    { kind: 'longConversation', message: expect.stringContaining('70 MiB') as unknown },
  ]);
  const place = { cwd: zone.root, env };
  expect((await runCli(['status'], place)).stdout).toMatch(/! mechanic\.1: .*70 MiB.*\n {2}next: .*\/clear/);
  expect((await runCli(['doctor'], place)).stdout).toMatch(/! clone +mechanic\.1: .*70 MiB/);
});
