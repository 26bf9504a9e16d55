import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clone, Khlone, Task } from '../../client/index.js';
import { DaemonZone } from '../support/daemon.js';
import { loggedErrors } from '../support/daemonLog.js';
import { history, nextEvent } from '../support/events.js';
import { goneWithin } from '../support/processes.js';
import { shown } from '../support/shown.js';
import { durableOf } from '../support/told.js';

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

const patient = { timeout: 30_000 };
const prompted = { env: { PS1: 'ready> ' }, terminal: { prompt: '^ready> $' } };
/** Known to be done by its quiet alone. */
const quiet = { env: { PS1: 'ready> ' }, terminal: { quietMs: 300 } };

const command = ['bash', '--norc', '--noprofile'];
/** A shell that has started. */
async function enroll(more: object = prompted): Promise<Clone> {
  const clone = await khlone.clone.enroll({ role: 'shell', brain: 'command', command, ...more });
  await ended(await khlone.clone.act({ who: clone.name, say: 'kept=yes' }));
  return clone;
}
const ended = (task: Task): Promise<Task> => khlone.task.wait({ task: task.id });
const file = (name: string): string => join(zone.root, name);
const killed = async (): Promise<void> => {
  await zone.kill(khlone);
  khlone = await zone.connect();
};

/** A pipe that what is typed waits for. */
function pipe(name: string): string {
  const path = file(name);
  execFileSync('mkfifo', [path]);
  return path;
}

/** What the history tells of the same words when nothing happens to the daemon. */
async function undisturbed(say: string, gate: string): Promise<unknown[]> {
  const { name } = await enroll();
  const task = await khlone.clone.act({ who: name, say });
  await shown(khlone, name, /^begun$/m);
  await writeFile(gate, 'through the pipe\n');
  await ended(task);
  const told = durableOf(await history(khlone), task.id);
  await khlone.clone.retire({ who: name });
  return told;
}

describe('a turn that was typed into a program whose daemon is killed', () => {
  it.each([
    ['its prompt', prompted],
    ['its quiet', quiet],
  ])('goes on, is told by %s, and ends as if nothing had happened', async (_, how) => {
    const gate = pipe('gate');
    const say = `echo begun; echo once >> '${file('done')}'; cat '${gate}'; printf 'no end of line'`;
    const reference = await undisturbed(say, gate);
    const { name } = await enroll(how);
    const task = await khlone.clone.act({ who: name, say });
    await shown(khlone, name, /^begun$/m);
    await killed();
    expect(await khlone.task.get({ task: task.id })).toMatchObject({ status: 'running', attempt: 1 });
    expect(await khlone.clone.get({ who: name })).toMatchObject({ status: 'working', posture: 'act' });
    // Longer than its quiet time: what runs in front is waited for.
    await killed();
    await shown(khlone, name, /^begun$/m);
    await writeFile(gate, 'through the pipe\n');
    expect(await ended(task)).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'begun\nthrough the pipe\nno end of line' },
    });
    const events = await history(khlone);
    expect(durableOf(events, task.id)).toEqual(reference);
    expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_event, index) => index + 1));
    expect(readFileSync(file('done'), 'utf8')).toBe('once\nonce\n');
    const next = await ended(await khlone.clone.act({ who: name, say: 'echo "kept: $kept"' }));
    expect(next).toMatchObject({ status: 'done', result: { text: 'kept: yes' } });
  });

  it('has ended while no daemon ran: with what the screen gained', async () => {
    const turns = [];
    for (const how of [prompted, quiet]) {
      const { name: who } = await enroll(how);
      const turn = { who, gate: pipe(`gate-of-${who}`), over: file(`over-${who}`) };
      const task = await khlone.clone.act({
        who,
        say: `echo begun; cat '${turn.gate}'; touch '${turn.over}'`,
      });
      turns.push({ ...turn, task });
    }
    for (const { who } of turns) await shown(khlone, who, /^begun$/m);
    await zone.kill(khlone);
    for (const { gate, over } of turns) {
      await writeFile(gate, 'through the pipe\n');
      await expect.poll(() => existsSync(over), patient).toBe(true);
    }
    khlone = await zone.connect();
    for (const { task } of turns)
      expect(await ended(task)).toMatchObject({
        status: 'done',
        attempt: 1,
        result: { text: 'begun\nthrough the pipe' },
      });
  });

  it('ends with its program, which ended while no daemon ran, as it does otherwise', async () => {
    const gate = pipe('gate');
    for (const [end, status] of [
      ['exit 3', 'failed'],
      ['exit', 'done'],
    ] as const) {
      const say = `echo begun; cat '${gate}'; ${end}`;
      const reference = await undisturbed(say, gate);
      const { name } = await enroll();
      const task = await khlone.clone.act({ who: name, say });
      await shown(khlone, name, /^begun$/m);
      const pids = zone.brains().map(({ pid }) => pid);
      await zone.kill(khlone);
      await writeFile(gate, 'through the pipe\n');
      for (const pid of pids) await goneWithin(pid, patient.timeout);
      khlone = await zone.connect();
      expect((await ended(task)).status).toBe(status);
      expect(durableOf(await history(khlone), task.id)).toEqual(reference);
      await khlone.clone.retire({ who: name });
    }
  });

  it('is broken off by its policy where its holder is killed too', async () => {
    const { name } = await enroll();
    const task = await khlone.clone.act({ who: name, say: 'echo begun; sleep 1000' });
    await shown(khlone, name, /^begun$/m);
    await zone.crash(khlone);
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'interrupted', error: { kind: 'taskInterrupted' } });
  });

  it('goes on after a stop that keeps the brains, as after a kill', async () => {
    const gate = pipe('gate');
    const { name } = await enroll();
    const task = await khlone.clone.act({ who: name, say: `echo begun; cat '${gate}'` });
    await shown(khlone, name, /^begun$/m);
    const { pid } = await khlone.daemon.stop({ brains: 'keep' });
    await goneWithin(pid, patient.timeout);
    khlone = await zone.connect();
    await shown(khlone, name, /^begun$/m);
    await writeFile(gate, 'through the pipe\n');
    expect(await ended(task)).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'begun\nthrough the pipe' },
    });
  });

  it('ends as it was asked to, though the daemon died over it', async () => {
    const { name } = await enroll();
    // It takes its time over Ctrl-C.
    const say = 'trap "sleep 1; echo caught" INT; echo begun; sleep 1000; trap - INT; echo over';
    const task = await khlone.clone.act({ who: name, say });
    await shown(khlone, name, /^begun$/m);
    const cancelled = khlone.task.cancel({ task: task.id }).catch((error: unknown) => error);
    await shown(khlone, name, /\^C/);
    await zone.kill(khlone);
    await cancelled;
    khlone = await zone.connect();
    const after = await ended(task);
    expect(after).toMatchObject({ status: 'cancelled' });
    // Ctrl-C was pressed once.
    expect((await khlone.stream.screen({ who: name })).text.split('^C')).toHaveLength(2);
  });

  it('is typed once, whenever the daemon is killed over it', async () => {
    const { name } = await enroll();
    // More than a terminal takes at once.
    const text = 'a line of text\n'.repeat(700);
    for (let round = 0; round < 4; round++) {
      const mark = file(`typed-${round}`);
      const say = `cat >> '${mark}' <<'END'\n${text}END\necho said`;
      await using events = khlone.events({ from: 'tail', types: ['task.started'], who: name });
      await events.ready;
      const task = await khlone.clone.act({ who: name, say });
      await nextEvent(events, 'task.started');
      await new Promise((resolve) => setTimeout(resolve, round * 30));
      await killed();
      expect(await ended(task)).toMatchObject({
        status: 'done',
        attempt: 1,
        result: { text: expect.stringMatching(/said$/) as string },
      });
      expect(readFileSync(mark, 'utf8')).toBe(text);
    }
  });

  it('is typed once where its holder takes the text only after the daemon has died', async () => {
    const { name } = await enroll();
    const [brain] = zone.brains();
    process.kill(brain?.parent ?? 0, 'SIGSTOP');
    await using events = khlone.events({ from: 'tail', types: ['task.started'], who: name });
    await events.ready;
    const task = await khlone.clone.act({ who: name, say: `echo once >> '${file('done')}'; echo said` });
    await nextEvent(events, 'task.started');
    await zone.kill(khlone);
    process.kill(brain?.parent ?? 0, 'SIGCONT');
    khlone = await zone.connect();
    expect(await ended(task)).toMatchObject({ status: 'done', attempt: 1, result: { text: 'said' } });
    expect(readFileSync(file('done'), 'utf8')).toBe('once\n');
  });
});
