import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpSync, mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeSandbox } from '../../daemon/sandbox/probe.js';
import { attempts } from './attempts.js';
import { escapeBase, EscapePlace } from './place.js';
import { users } from './users.js';

const { state } = await probeSandbox({ platform: process.platform, path: process.env['PATH'] ?? '' });

interface Ended {
  readonly kind: string;
  readonly code: number | null;
  readonly said: string;
}

/** Runs attempts as a user. */
class Attempter {
  readonly place: EscapePlace;
  readonly #folder = mkdtempSync(join(escapeBase, 'khlone-'));
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(user?: number) {
    this.place = new EscapePlace(user);
    chmodSync(this.#folder, 0o755);
    cpSync(join(import.meta.dirname, '../../dist/daemon/sandbox'), this.#folder, { recursive: true });
    cpSync(join(import.meta.dirname, 'runner.mjs'), join(this.#folder, 'runner.mjs'));
    cpSync(join(import.meta.dirname, '../../package.json'), join(this.#folder, 'package.json'));
    this.#child = spawn(process.execPath, [join(this.#folder, 'runner.mjs'), this.#folder], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(user !== undefined && { uid: user, gid: user }),
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async run(script: string, confined: boolean): Promise<{ ended: Ended; changed: boolean }> {
    const { place } = this;
    await place.prepare();
    const before = place.state();
    const { env, places } = place;
    this.#child.stdin.write(`${JSON.stringify({ script, env, places, confined })}\n`);
    const { value } = await this.#lines.next();
    const ended = JSON.parse(value as string) as Ended;
    let after = place.state();
    // Some do it later; what they were started by does not tell when.
    const lasts = /sleep/.test(script) ? 1_000 : 200;
    const until = confined ? 0 : Date.now() + lasts;
    while (after === before && Date.now() < until) {
      await wait(20);
      after = place.state();
    }
    if (confined && /sleep/.test(script)) await wait(600);
    return { ended, changed: place.state() !== before };
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.place[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

it('there are at least 80 attempts', () => expect(attempts.length).toBeGreaterThanOrEqual(80));

it.runIf(process.env['CI'])('there is a sandbox where all tests have to run', () => {
  expect(state).toEqual({ kind: 'bubblewrap' });
});

describe.skipIf(state.kind !== 'bubblewrap').each(users)('as %s, in the sandbox of an ask', (who, user) => {
  let attempter: Attempter;
  beforeAll(() => void (attempter = new Attempter(user)));
  afterAll(() => attempter.end());

  const all = attempts.filter(({ rootOnly }) => who === 'root' || rootOnly !== true);
  it.each(all)('nothing is changed by $name, which does change it otherwise', async ({ script }) => {
    const control = await attempter.run(script, false);
    expect(control.changed, control.ended.said).toBe(true);
    const { ended, changed } = await attempter.run(script, true);
    expect(ended.kind).toBe('bubblewrap');
    expect(changed, ended.said).toBe(false);
  });
});
