import { mkdirSync, realpathSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CloneDirectory } from '../../../../daemon/clones/directory.js';
import { Enrolment } from '../../../../daemon/clones/enrolment.js';
import { CloneEnvironment } from '../../../../daemon/clones/environment.js';
import { workingDirectory } from '../../../../daemon/clones/workingDirectory.js';
import { fail } from '../../../../protocol/fail.js';
import type { Params } from '../../../../protocol/table.js';
import { ZoneSettings } from '../../../../daemon/zone/settings.js';
import { CloneStage, stopBy } from '../../../support/cloneStage.js';
import { unwatched } from '../../../support/unwatched.js';
import { cloneRecord, taskRecord } from '../../../support/zoneState.js';

const manyLabels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, '']));

let stage: CloneStage;
let directory: CloneDirectory;
let enrolment: Enrolment;
let root: string;
beforeEach(() => {
  stage = new CloneStage();
  root = realpathSync(stage.state.folder);
  mkdirSync(join(root, 'sub'));
  directory = new CloneDirectory();
  enrolment = make(directory);
});
afterEach(async () => {
  await Promise.all(directory.all().map((runner) => runner.close(false)));
  await stage.close();
  stage[Symbol.dispose]();
});

function make(into: CloneDirectory): Enrolment {
  const { state, queue, desk, budgets, vault, supplier } = stage;
  const { store, log } = state;
  const environment = new CloneEnvironment(vault, '/run/s');
  return new Enrolment({
    root,
    shared: {
      store,
      log,
      queue,
      desk,
      budgets,
      environment,
      zone: unwatched,
      settings: new ZoneSettings(store),
      ready: Promise.resolve(),
    },
    directory: into,
    suppliers: new Map([['fake', supplier]]),
    vault,
  });
}
const enroll = async (params: Partial<Params<'clone/enroll'>> = {}, environment = {}) =>
  (await enrolment.enroll({ role: 'mechanic', brain: 'fake', ...params }, environment)).view();
const kind = (expected: string): Error => expect.objectContaining({ kind: expected }) as Error;

const badly = (path: string): Error =>
  expect.objectContaining({
    kind: 'invalidParams',
    details: expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
  }) as Error;

describe('enrolling', () => {
  it('makes a clone with defaults, and tells of it', async () => {
    const clone = await enroll();
    expect(clone).toMatchObject({
      name: 'mechanic.1',
      status: 'off',
      posture: 'off',
      cwd: root,
      approvals: 'ask',
      limits: {},
      labels: {},
      queued: 0,
      conversation: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
    });
    expect(stage.state.of('clone.enrolled')).toMatchObject([{ clone: 'mechanic.1', value: clone }]);
    expect(stage.state.store.clones.all()).toMatchObject([{ name: 'mechanic.1', begun: false }]);
    // Nothing is started before there is work.
    expect(stage.supplier.brains).toEqual([]);
  });

  it('counts on from the highest number ever, and takes a name that is free', async () => {
    expect((await enroll({ name: 'mechanic.7' })).name).toBe('mechanic.7');
    expect((await enroll()).name).toBe('mechanic.8');
    expect((await enroll({ name: 'mechanic.2' })).name).toBe('mechanic.2');
    expect((await enroll()).name).toBe('mechanic.9');
    await expect(enroll({ name: 'mechanic.7' })).rejects.toThrow(kind('cloneNameTaken'));
    await expect(enroll({ name: 'painter.1' })).rejects.toThrow(kind('invalidParams'));
  });

  it('keeps the program of a clone and its terminal, and starts it with them', async () => {
    const given = { command: ['bash', '-i'], terminal: { prompt: '[$] $', rows: 50 } };
    stage.supplier.sharesTerminal = true;
    const clone = await enroll(given);
    expect(clone).toMatchObject(given);
    expect(stage.state.store.clones.all()).toMatchObject([given]);
    const again = new CloneDirectory();
    make(again).restore();
    expect(again.one('mechanic.1').view()).toMatchObject(given);
    stage.directory.add(directory.one('mechanic.1'));
    await stage.end(stage.give('a'));
    expect(stage.supplier.brains[0]?.spec).toMatchObject(given);
  });

  it('makes a role read-only as a whole, and for good', async () => {
    expect(await enroll({ role: 'reader', readOnly: true })).toMatchObject({ readOnly: true });
    expect(await enroll({ role: 'reader' })).toMatchObject({ name: 'reader.2', readOnly: true });
    for (const runner of directory.all()) await runner.retire(stopBy('cancel'));
    const may = enroll({ role: 'reader', readOnly: false });
    await expect(may).rejects.toThrow(kind('roleReadOnly'));
    expect(await enroll({ role: 'reader' })).toMatchObject({ name: 'reader.3', readOnly: true });
    const again = new CloneDirectory();
    make(again).restore();
    expect(again.one('reader').view()).toMatchObject({ name: 'reader.3', readOnly: true });
    expect(await enroll()).not.toHaveProperty('readOnly');
  });

  it('leaves a role as it is in which a clone may act, until that is retired', async () => {
    await enroll();
    await expect(enroll({ readOnly: true })).rejects.toThrow(kind('roleMayAct'));
    expect(directory.all()).toHaveLength(1);
    await directory.one('mechanic.1').retire(stopBy('cancel'));
    expect(await enroll({ readOnly: true })).toMatchObject({ name: 'mechanic.2', readOnly: true });
  });

  it('refuses a brain that cannot ask in a role that does nothing else', async () => {
    Object.assign(stage.supplier.capabilities, { ask: false });
    await expect(enroll({ readOnly: true })).rejects.toThrow(kind('capabilityMissing'));
    expect(directory.all()).toEqual([]);
  });

  it.each([
    { path: 'command[0]', params: { command: [''] } },
    { path: 'command[1]', params: { command: ['bash', 'a\0b'] } },
    { path: 'command', params: { command: ['bash', 'x'.repeat(70_000), 'y'.repeat(70_000)] } },
    { path: 'terminal.prompt', params: { terminal: { prompt: '[' } } },
  ])('refuses $path where it cannot be meant', async ({ path, params }) => {
    stage.supplier.sharesTerminal = true;
    await expect(enroll(params)).rejects.toThrow(badly(path));
    expect(directory.all()).toEqual([]);
  });

  it('refuses signs of the end of a turn for a brain that tells it by itself', async () => {
    await expect(enroll({ terminal: { prompt: 'a' } })).rejects.toThrow(badly('terminal.prompt'));
    await expect(enroll({ terminal: { quietMs: 5 } })).rejects.toThrow(badly('terminal.quietMs'));
    expect(await enroll({ terminal: { cols: 80 } })).toMatchObject({ terminal: { cols: 80 } });
  });

  it('gives no name that is none', async () => {
    await enroll({ name: 'mechanic.999999' });
    await expect(enroll()).rejects.toThrow(kind('limitReached'));
  });

  it('gives each of many at once a number of its own', async () => {
    const clones = await Promise.all(Array.from({ length: 20 }, () => enroll()));
    expect(new Set(clones.map(({ name }) => name)).size).toBe(20);
  });

  it('goes on with a conversation that exists', async () => {
    const resume = '3f0e8a52-5c1f-4d0e-9a7b-6d2f1c0b9e11';
    expect((await enroll({ resume })).conversation).toBe(resume);
    expect(stage.state.store.clones.all()).toMatchObject([{ conversation: resume, begun: true }]);
  });

  it('gives no conversation to two clones at a time', async () => {
    const resume = '3f0e8a52-5c1f-4d0e-9a7b-6d2f1c0b9e11';
    const { name } = await enroll({ resume });
    await expect(enroll({ resume: resume.toUpperCase() })).rejects.toThrow(badly('resume'));
    await directory
      .get(name)
      ?.retire({ step: 'cancel', error: fail('taskCancelled', { reason: 'retired' }) });
    expect((await enroll({ resume })).conversation).toBe(resume);
  });

  it('writes no secret down', async () => {
    await enroll(
      { env: { DB_PASSWORD: 's3cr3t-value', COLOUR: 'red' } },
      { ANTHROPIC_API_KEY: 's3cr3t-other', AWS_SESSION_TOKEN: 's3cr3t-third', PATH: '/bin', STRAY: 'x' },
    );
    const [record] = stage.state.store.clones.all();
    expect(record?.env).toEqual({ COLOUR: 'red', PATH: '/bin' });
    // What was named is needed; what the client's shell merely had, and the brain does not run on, is not.
    expect(record?.secrets).toEqual(['DB_PASSWORD']);
    expect([...(record?.wishes ?? [])].sort()).toEqual(['ANTHROPIC_API_KEY', 'AWS_SESSION_TOKEN']);
    expect(JSON.stringify([record, stage.state.published])).not.toContain('s3cr3t');
    expect(stage.vault.get('mechanic.1')).toEqual({
      DB_PASSWORD: 's3cr3t-value',
      ANTHROPIC_API_KEY: 's3cr3t-other',
      AWS_SESSION_TOKEN: 's3cr3t-third',
    });
  });

  it.each([
    ['an unknown brain', { brain: 'none' }, 'brainUnknown'],
    ['a brain that is not there by default', { brain: undefined }, 'brainUnknown'],
    ['a variable of khlone', { env: { KHLONE_SOCKET: '/s' } }, 'invalidParams'],
    ['a folder outside', { cwd: '..' }, 'invalidParams'],
    ['a brief that no program can be given', { brief: '\u20ac'.repeat(50_000) }, 'invalidParams'],
    ['a variable that no program can be given', { env: { LONG: 'x'.repeat(131_072) } }, 'invalidParams'],
    ['more labels than can be told', { labels: manyLabels }, 'invalidParams'],
  ])('refuses %s, and leaves nothing', async (_, params, expected) => {
    await expect(enroll(params as object)).rejects.toThrow(kind(expected));
    expect([stage.state.store.clones.all(), directory.all(), stage.state.published]).toEqual([[], [], []]);
  });

  it('leaves nothing where the disk refuses', async () => {
    const works = stage.state.refuse();
    await expect(enroll({ env: { A_KEY: 'k' } })).rejects.toThrow(kind('storageFailed'));
    works();
    expect([directory.all(), stage.vault.get('mechanic.1')]).toEqual([[], {}]);
    expect((await enroll()).name).toBe('mechanic.1');
  });

  it('with one key gives one clone, also at once and while its program is looked for', async () => {
    const held = stage.gate();
    stage.supplier.gate = held.promise;
    const calls = [0, 1, 2].map((i) => enroll({ idempotencyKey: 'k', labels: { a: 'b' }, _meta: { i } }));
    held.open();
    const clones = await Promise.all(calls);
    expect(clones.map(({ name }) => name)).toEqual(['mechanic.1', 'mechanic.1', 'mechanic.1']);
    expect((await enroll({ idempotencyKey: 'k', labels: { a: 'b' } })).name).toBe('mechanic.1');
    await expect(enroll({ idempotencyKey: 'k' })).rejects.toThrow(kind('idempotencyConflict'));
    expect(stage.state.store.clones.all()).toHaveLength(1);
  });

  it('takes nobody into a daemon that ends', async () => {
    enrolment.close();
    await expect(enroll()).rejects.toThrow(kind('shuttingDown'));
  });

  it('gives the newcomer what waits in its pool', async () => {
    const { log } = stage.state;
    const task = log.commit((tx) =>
      stage.queue.insert(tx, taskRecord({ clone: undefined, who: 'mechanic' })),
    );
    await enroll();
    expect(await stage.end(task)).toMatchObject({ clone: 'mechanic.1', status: 'done' });
  });
});

describe('the next daemon', () => {
  it('has the clones back, with what they used', () => {
    const { store } = stage.state;
    const usage = { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 3, cacheReadTokens: 4, costUsd: 5 };
    store.clones.insert(cloneRecord({ secrets: ['A_KEY'] }));
    store.clones.insert(
      cloneRecord({ name: 'mechanic.2', number: 2, retiredAt: '2026-01-01T00:00:00.000Z' }),
    );
    store.clones.insert(
      cloneRecord({ name: 'mechanic.3', number: 3, failure: { failures: 5, reason: 'r' } }),
    );
    const task = store.tasks.insert(taskRecord());
    store.usage.insert({ ...usage, clone: 'mechanic.1', task: task.id, model: 'm', at: task.queuedAt });
    enrolment.restore();
    expect(directory.all().map((runner) => runner.view())).toMatchObject([
      { name: 'mechanic.1', status: 'off', usage, missing: ['A_KEY'] },
      { name: 'mechanic.2', status: 'retired' },
      { name: 'mechanic.3', status: 'failed', error: { kind: 'cloneFailed' } },
    ]);
  });
});

describe('the working directory', () => {
  it('is the real path of a folder in the zone', () => {
    symlinkSync(join(root, 'sub'), join(root, 'link'));
    expect(workingDirectory(root, undefined)).toBe(root);
    expect(workingDirectory(root, 'sub')).toBe(join(root, 'sub'));
    expect(workingDirectory(root, 'link')).toBe(join(root, 'sub'));
    expect(workingDirectory(root, join(root, 'sub'))).toBe(join(root, 'sub'));
    expect(workingDirectory('/', 'tmp')).toBe(realpathSync('/tmp'));
  });

  it('is nothing of the caller where the zone itself is gone', () => {
    const gone = join(root, 'sub');
    rmdirSync(gone);
    expect(() => workingDirectory(gone, undefined)).toThrow(
      expect.objectContaining({ kind: 'zoneInvalid' }) as Error,
    );
  });

  it.each([
    ['outside', '..', /is outside the zone/],
    ['behind a link that leads outside', 'out', /is outside the zone/],
    ['nowhere', 'nowhere', /does not exist/],
    ['a file', 'file', /is not a directory/],
  ])('is not %s', (_, cwd, reason) => {
    symlinkSync('/', join(root, 'out'));
    writeFileSync(join(root, 'file'), '');
    expect(() => workingDirectory(root, cwd)).toThrow(
      expect.objectContaining({
        kind: 'invalidParams',
        message: expect.stringMatching(reason) as string,
      }) as Error,
    );
  });

  it('is not in a neighbour whose name begins alike', () => {
    mkdirSync(join(root, 'sub-2'));
    expect(() => workingDirectory(join(root, 'sub'), '../sub-2')).toThrow(kind('invalidParams'));
  });
});
