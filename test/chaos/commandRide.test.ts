import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { amount } from '../support/chaos/amount.js';
import { DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history, nextEvent } from '../support/events.js';
import { Random } from '../support/random.js';
import { durableOf } from '../support/told.js';

const rounds = amount({ short: 3, full: 300 });
/** Within this time of its start, in ms, a turn of these is at any of its places. */
const turnMs = 1_500;

let zone: DaemonZone;
let khlone: Khlone;

beforeEach(async () => {
  zone = new DaemonZone();
  khlone = await zone.connect();
});
afterEach(async () => {
  await zone.end();
  const errors = loggedErrors(zone.paths.log);
  await zone[Symbol.asyncDispose]();
  expect(errors).toEqual([]);
});

it(`a task is typed into a shell once, and ends once, whenever its daemon is killed, ${rounds} times`, async () => {
  const random = new Random(Number(process.env['KHLONE_TEST_SEED'] ?? Date.now() % 1_000_000));
  console.info(`KHLONE_TEST_SEED=${random.seed} repeats the choices of this run`);
  const { name } = await khlone.clone.enroll({
    role: 'shell',
    brain: 'command',
    command: ['bash', '--norc', '--noprofile'],
    env: { PS1: 'ready> ' },
    terminal: { prompt: '^ready> $' },
  });
  for (let round = 0; round < rounds; round++) {
    const file = join(zone.root, `round-${round}`);
    const text = 'a line of text\n'.repeat(random.between(1, 600));
    const say = `cat >> '${file}' <<'END'\n${text}END\nsleep 0.5; echo said`;
    await using events = khlone.events({ from: 'tail', types: ['task.started'], who: name });
    await events.ready;
    const task = await khlone.clone.act({ who: name, say });
    await nextEvent(events, 'task.started');
    const kills = Array.from({ length: random.between(1, 2) }, () => random.between(0, turnMs));
    for (const killAfterMs of kills) {
      await sleep(killAfterMs);
      await zone.kill(khlone);
      khlone = await zone.connect();
    }
    const after = await khlone.task.wait({ task: task.id });
    const told = durableOf(await history(khlone), task.id) as { readonly type: string }[];
    expect({
      round,
      kills,
      status: after.status,
      attempt: after.attempt,
      result: after.result?.text,
    }).toEqual({
      round,
      kills,
      status: 'done',
      attempt: 1,
      result: expect.stringMatching(/said$/) as string,
    });
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(told.map(({ type }) => type)).toEqual([
      'task.queued',
      'task.started',
      'message.completed',
      'task.finished',
    ]);
  }
});
