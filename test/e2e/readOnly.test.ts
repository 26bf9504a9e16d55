import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clone, Khlone, Task } from '../../client/index.js';
import { runCli, type CliPlace, type CliResult } from '../support/cli.js';
import { DaemonZone } from '../support/daemon.js';

let zone: DaemonZone;
let client: Khlone;
let place: CliPlace;
beforeAll(async () => {
  zone = new DaemonZone();
  client = await zone.connect();
  place = { cwd: zone.root, env: zone.sandbox.env };
});
afterAll(() => zone[Symbol.asyncDispose]());

const khlone = (...words: string[]): Promise<CliResult> => runCli(words, place);

describe('a role that is read-only for good', () => {
  it('takes every task as an ask, over the end of its daemon too, and no talk', async () => {
    expect(await khlone('enroll', 'reader', '--brain', 'demo', '--read-only')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('read-only'),
    });
    expect(JSON.parse((await khlone('enroll', 'reader', '--brain', 'demo', '--json')).stdout)).toMatchObject({
      name: 'reader.2',
      readOnly: true,
    });
    const act = await khlone('act', 'reader.1', 'write made.txt hello');
    expect(act.stderr).toContain('reader.1 is read-only: this runs as an ask.\n');
    expect(existsSync(join(zone.root, 'made.txt'))).toBe(false);

    await zone.kill(client);
    client = await zone.connect();
    const receipt = await client.clone.act({ who: 'reader.1', say: 'write made.txt hello' });
    expect(receipt).toMatchObject({ kind: 'ask' });
    expect((await client.task.wait({ task: receipt.id })).result?.text).toContain('I could not');
    expect(existsSync(join(zone.root, 'made.txt'))).toBe(false);

    // Nothing of it can be taken back.
    await client.clone.update({ who: 'reader.1', approvals: 'allow', ...({ readOnly: false } as object) });
    expect(await client.clone.get({ who: 'reader.1' })).toMatchObject({ readOnly: true });
    await expect(client.stream.attach({ who: 'reader.1', mode: 'talk' })).rejects.toMatchObject({
      kind: 'cloneReadOnly',
      hint: expect.stringContaining('khlone ask reader.1'),
    });
    expect((await khlone('status')).stdout).toMatch(/reader\.1 +\w+ \(read-only\)/);
    expect((await khlone('update', 'reader.1', '--approvals', 'ask')).stdout).toMatch(
      /read-only +for good: every task is an ask/,
    );
    const { stdout } = await khlone('act', 'reader.1', '-d', 'say it', '--json');
    expect(JSON.parse(stdout) as Task).toMatchObject({ kind: 'ask' });
  });

  it('is refused to a brain that cannot ask', async () => {
    const refused = await khlone('enroll', 'shells', '--read-only', '--', 'sh');
    expect(refused.stderr).toContain('cannot ask');
    const { clones } = JSON.parse((await khlone('status', '--json')).stdout) as { clones: Clone[] };
    expect(clones.map(({ role }) => role)).not.toContain('shells');
  });
});
