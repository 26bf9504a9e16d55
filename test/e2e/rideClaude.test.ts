import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event, Khlone } from '../../client/index.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { history } from '../support/events.js';
import { say, use } from '../support/scriptedModel.js';
import { durableOf } from '../support/told.js';

/** Other work may hold the machine up; what is looked for comes all the same. */
const patient = { timeout: 30_000 };

let zone: ClaudeZone;
let khlone: Khlone;

let undisturbed: unknown[];

beforeAll(async () => {
  zone = await claudeZone();
  khlone = await zone.client();
  const { who, cue } = await enrolled('calm');
  letEnd('calm');
  const { id } = await khlone.clone.act({ who, say: cue });
  await khlone.task.wait({ task: id });
  undisturbed = await told(id, 'calm');
});
afterAll(async () => {
  await zone[Symbol.asyncDispose]();
});

const inZone = (name: string): string => join(zone.root, name);

/** A command that notes down that it was run, and ends once a file is there. */
const lasting = (name: string, then: string): string =>
  `echo run >> ${name}.txt; until [ -e ${name}.go ]; do sleep 0.05; done; ${then}`;

/** Its tool has begun. */
async function begun(name: string): Promise<void> {
  await expect.poll(() => existsSync(inZone(`${name}.txt`)), patient).toBe(true);
}
/** Lets its tool end. */
const letEnd = (name: string): void => writeFileSync(inZone(`${name}.go`), '');
const asked = (cue: string): number => zone.model.requests.filter(({ text }) => text.includes(cue)).length;

const killed = async (): Promise<void> => {
  await zone.killDaemon(khlone);
  khlone = await zone.client();
};

/** A clone whose brain is to run a tool for as long as the test wants. */
async function enrolled(name: string): Promise<{ readonly who: string; readonly cue: string }> {
  const cue = `use the ${name} tool`;
  zone.model.rule(cue, use('Bash', { command: lasting(name, 'echo over') }), say('It is over.'));
  const { name: who } = await khlone.clone.enroll({ role: 'mechanic', approvals: 'allow' });
  return { who, cue };
}

/** What the history has of a task, but for the name, with the numbers of all its events checked. */
async function told(task: string, name: string): Promise<unknown[]> {
  const events = await history(khlone);
  expect(events.map(({ cursor }) => cursor.seq)).toEqual(events.map((_, index) => index + 1));
  return JSON.parse(JSON.stringify(durableOf(events, task)).replaceAll(name, '…')) as unknown[];
}

describe('a tool of Claude Code that runs while its daemon is killed', () => {
  test('runs once, and its task ends as if nothing had happened', async () => {
    const name = 'steady';
    const { who, cue } = await enrolled(name);
    const { id } = await khlone.clone.act({ who, say: cue });
    await begun(name);
    await killed();
    expect(await khlone.task.get({ task: id })).toMatchObject({ status: 'running', attempt: 1 });
    await killed();
    letEnd(name);
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'It is over.' },
    });
    expect(readFileSync(inZone(`${name}.txt`), 'utf8')).toBe('run\n');
    expect(asked(cue)).toBe(2);
    expect(await told(id, name)).toEqual(undisturbed);
  });

  test('runs once also where it ends, and its turn with it, while no daemon is there', async () => {
    const name = 'alone';
    const { who, cue } = await enrolled(name);
    const { id } = await khlone.clone.act({ who, say: cue });
    await begun(name);
    await zone.killDaemon(khlone);
    letEnd(name);
    // The model has been told what the tool said.
    await expect.poll(() => asked(cue), patient).toBe(2);
    khlone = await zone.client();
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done', attempt: 1 });
    expect(readFileSync(inZone(`${name}.txt`), 'utf8')).toBe('run\n');
    expect(asked(cue)).toBe(2);
    expect(await told(id, name)).toEqual(undisturbed);
  });
});

describe('a secret of a clone whose daemon is killed in mid-turn', () => {
  const DEPLOY_PASSWORD = 'hunter2-hunter2-of-the-clone';

  /** Paths of files of khlone's own that hold it; what a brain says is kept in its holder's spool, as it was said. */
  const files = (): string[] =>
    readdirSync(join(dirname(zone.root), 'state'), { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.includes('/brains/'))
      .map((path) => join(dirname(zone.root), 'state', path))
      .filter((path) => statSync(path).isFile() && readFileSync(path).includes(DEPLOY_PASSWORD));

  test('stays with the brain that runs, is told to nobody, and is asked for by the next task', async () => {
    const name = 'deploy';
    const cue = `use the ${name} tool`;
    const sum = 'printf %s "$DEPLOY_PASSWORD" | sha256sum > deploy.sum';
    const then = `${sum}; echo "with $DEPLOY_PASSWORD"`;
    zone.model.rule(cue, use('Bash', { command: lasting(name, then) }), say(`Done with ${DEPLOY_PASSWORD}.`));
    const { name: who } = await khlone.clone.enroll({
      role: 'deployer',
      approvals: 'allow',
      env: { DEPLOY_PASSWORD },
    });
    const { id } = await khlone.clone.act({ who, say: cue });
    await begun(name);
    await killed();
    letEnd(name);
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text: 'Done with [DEPLOY_PASSWORD].' },
    });
    const wanted = createHash('sha256').update(DEPLOY_PASSWORD).digest('hex');
    expect(readFileSync(inZone('deploy.sum'), 'utf8')).toContain(wanted);
    const ends = (await told(id, name)).filter((event) => (event as Event).type === 'tool.finished');
    expect(ends).toEqual([expect.objectContaining({ failed: false, output: 'with [DEPLOY_PASSWORD]' })]);
    expect(files()).toEqual([]);

    await expect(khlone.clone.act({ who, say: cue })).rejects.toMatchObject({
      kind: 'environmentMissing',
      hint: expect.stringContaining(`khlone update ${who} --env DEPLOY_PASSWORD`) as string,
      details: { clone: who, names: ['DEPLOY_PASSWORD'] },
    });
    const again = await khlone.clone.act({ who, say: cue, env: { DEPLOY_PASSWORD } });
    expect(await khlone.task.wait({ task: again.id })).toMatchObject({ status: 'done' });
    expect(readFileSync(inZone(`${name}.txt`), 'utf8')).toBe('run\nrun\n');
    expect(files()).toEqual([]);
  });
});
