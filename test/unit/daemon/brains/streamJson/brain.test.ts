import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrainSpec } from '../../../../../daemon/brains/contract.js';
import { type Deadlines, defaultDeadlines } from '../../../../../daemon/brains/streamJson/deadlines.js';
import { streamJsonSupplier } from '../../../../../daemon/brains/streamJson/supplier.js';
import type { BrainListener } from '../../../../support/brainListener.js';
import { noSandbox } from '../../../../../daemon/sandbox/sandbox.js';
import { BrainStage } from '../../../../support/brainStage.js';

const program = fileURLToPath(new URL('../../../../support/faultyBrain.mjs', import.meta.url));
const secret = 'sk-very-secret-indeed';

let root: string;
const stage = new BrainStage();

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
});

afterEach(async () => {
  await stage.clear();
  rmSync(root, { recursive: true, force: true });
});

const supplier = (deadlines: Partial<Deadlines>): ReturnType<typeof streamJsonSupplier> =>
  streamJsonSupplier(
    {
      name: 'faulty',
      summary: 'breaks its protocol',
      login: 'none',
      install: 'none',
      probe: async () => ({ program, version: '1' }),
      command: () => ({ program: process.execPath, args: [program] }),
      env: {},
      runsOn: () => false,
      ask: () => ({ needs: { readable: [], writable: [] }, settle: () => undefined }),
      talk: { args: [], env: {}, interrupt: '', exists: () => false, transcript: () => undefined },
    },
    {
      holder: stage.holder,
      terminals: stage.terminals,
      sandbox: noSandbox('a test'),
      deadlines: { ...defaultDeadlines, graceMs: 200, closeMs: 200, ...deadlines },
    },
  );

const start = (
  fault: string,
  deadlines: Partial<Deadlines> = {},
  spec: Partial<BrainSpec> = {},
): Promise<BrainListener> =>
  stage.start(supplier(deadlines), {
    cwd: root,
    env: { FAULT: fault, STARTS: join(root, 'starts'), MY_TOKEN: secret },
    ...spec,
  });

const starts = (): string[] =>
  readFileSync(join(root, 'starts'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.replace(/=.*/, ''));

describe('a turn that is not taken up', () => {
  it('is given once to a second process, in silence', async () => {
    const brain = await start('accepts-in-second-process', { acceptMs: 400 });
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'answer 1' });
    expect(starts()).toHaveLength(2);
    expect(brain.all('turn.accepted')).toHaveLength(1);
    expect(brain.faults).toEqual(['the turn was not taken up within 400 ms; starting the brain again']);
    expect(stage.running.size).toBe(1);
  });

  it('is given to one in another sandbox where the machine changed while the first was made', async () => {
    const env = { FAULT: 'sandbox-is-late', ONCE: '1', STARTS: join(root, 'starts') };
    const brain = await start('', {}, { posture: 'ask', env });
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'answer 1' });
    expect(starts()).toEqual(['--session-id', '--session-id']);
    expect(brain.faults).toEqual([
      'the machine changed while a sandbox was made for the brain; making another',
    ]);
  });

  it('fails where no sandbox can be made at all', async () => {
    const brain = await start('sandbox-is-late', {}, { posture: 'ask' });
    const { outcome } = await brain.turn('hello');
    expect(outcome).toMatchObject({ status: 'failed', error: { kind: 'brainDied' } });
    expect(starts()).toHaveLength(3);
  });

  it('fails when the second process does not take it either', async () => {
    const brain = await start('never-accepts', { acceptMs: 300 });
    const { outcome } = await brain.turn('hello');
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainSilent', details: { silentMs: 300 } },
    });
    expect(starts()).toHaveLength(2);
    expect(brain.all('turn.accepted')).toEqual([]);
    expect(stage.running.size).toBe(0);
  });

  it('is never sent to a process that does not answer', async () => {
    const brain = await start('never-initializes', { acceptMs: 300 });
    expect((await brain.turn('hello')).outcome).toMatchObject({ error: { kind: 'brainSilent' } });
  });

  it('is never sent to an ask that could not install its hook, while an act needs none', async () => {
    const ask = await start('refuses-initialize', {}, { posture: 'ask' });
    expect((await ask.turn('hello')).outcome).toMatchObject({ error: { kind: 'brainDied' } });
    expect(ask.faults).toEqual(['the brain did not initialize: no hooks here']);
    const act = await start('refuses-initialize');
    expect((await act.turn('hello')).outcome.status).toBe('done');
  });

  it('is told as failed, with the last words and without secrets, when the program does not start', async () => {
    const brain = await start('exits-at-once');
    expect((await brain.turn('hello')).outcome).toMatchObject({
      status: 'failed',
      error: {
        kind: 'brainDied',
        details: { ending: 'exit code 2', stderr: 'cannot start with [MY_TOKEN]' },
      },
    });
    expect(starts()).toHaveLength(1);
    expect(brain.brain.isAlive()).toBe(false);
  });

  it('goes to a new process on the same conversation when the warm one ended at rest', async () => {
    const brain = await start('dies-at-rest');
    await brain.turn('one');
    expect((await brain.turn('two')).outcome).toEqual({ status: 'done', text: 'answer 1' });
    expect(starts()).toEqual(['--session-id', '--resume']);
  });

  it('is interrupted while the process starts, and while it is replaced', async () => {
    const brain = await start('never-initializes', { acceptMs: 200 });
    brain.brain.send('hello');
    brain.brain.interrupt();
    expect((await brain.next('turn.finished')).outcome.status).toBe('interrupted');
    brain.brain.send('again');
    await brain.next('fault');
    brain.brain.interrupt();
    expect((await brain.next('turn.finished')).outcome.status).toBe('interrupted');
    await brain.brain.await();
    expect(brain.all('turn.finished')).toHaveLength(2);
  });
});

describe('a turn that is taken up', () => {
  it('is done by a result alone', async () => {
    const brain = await start('result-only');
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'answer 1' });
    expect(brain.heard[0]).toEqual({ type: 'turn.accepted' });
  });

  it('fails when the process ends after its last message and before the result, and keeps what was said', async () => {
    const brain = await start('dies-before-result');
    expect((await brain.turn('hello')).outcome).toMatchObject({
      status: 'failed',
      text: 'answer 1',
      error: { kind: 'brainNoResult', details: { reason: 'exit code 0' } },
    });
  });

  it('fails when no result comes, and the process is ended first', async () => {
    const brain = await start('no-result', { resultMs: 100 });
    expect((await brain.turn('hello')).outcome).toMatchObject({
      status: 'failed',
      text: 'answer 1',
      error: { kind: 'brainNoResult', details: { reason: 'nothing came within 100 ms' } },
    });
    expect(stage.running.size).toBe(0);
  });

  it('is not cut short when it goes on after what looked like its last message', async () => {
    const brain = await start('goes-on', { resultMs: 100 });
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'second' });
    expect(brain.faults).toEqual([]);
  });

  it('fails when the brain is silent, and the process is ended first', async () => {
    const brain = await start('silent', { silenceMs: 100 });
    expect((await brain.turn('hello')).outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainSilent', details: { silentMs: 100 } },
    });
    expect(stage.running.size).toBe(0);
  });

  it('may be silent for six times as long while a tool runs', async () => {
    const brain = await start('silent-with-tool', { silenceMs: 100 });
    const began = performance.now();
    expect((await brain.turn('hello')).outcome).toMatchObject({
      error: { kind: 'brainSilent', details: { silentMs: 600 } },
    });
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(brain.all('tool.finished')).toMatchObject([{ tool: 'tool1', failed: true }]);
  });

  it('may be silent as long as it takes while a human is asked, and has its time anew afterwards', async () => {
    const brain = await start('silent-with-approval', { silenceMs: 300 });
    brain.brain.send('hello');
    await brain.next('approval.requested');
    // Several times the deadline: the only way to see that something does not happen.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(brain.all('turn.finished')).toEqual([]);
    brain.brain.respond('p1', { decision: 'allow' });
    expect((await brain.next('turn.finished')).outcome.status).toBe('done');
  });

  it('has the deadlines of its clone', async () => {
    const silent = await start('silent', {}, { limits: { stallMs: 100 } });
    expect((await silent.turn('hello')).outcome).toMatchObject({
      error: { kind: 'brainSilent', details: { silentMs: 100 } },
    });
    const resultless = await start('no-result', {}, { limits: { stallMs: 100 } });
    expect((await resultless.turn('hello')).outcome).toMatchObject({ error: { kind: 'brainNoResult' } });
    const deaf = await start('hangs-after-result', { graceMs: 3_600_000 }, { limits: { graceMs: 50 } });
    await deaf.turn('hello');
    expect(await deaf.brain.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends with the process: tools fail, stderr is bounded and clean of secrets', async () => {
    const brain = await start('dies-with-tool');
    const { outcome } = await brain.turn('hello');
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainDied', details: { ending: 'exit code 7' } },
    });
    const stderr = String(outcome.status === 'failed' && outcome.error.details['stderr']);
    expect(stderr.length).toBeLessThanOrEqual(4096);
    expect(stderr.endsWith('last words')).toBe(true);
    expect(brain.heard.slice(-2).map((output) => output.type)).toEqual(['tool.finished', 'turn.finished']);
    expect(brain.all('tool.finished')).toMatchObject([{ tool: 'tool1', failed: true }]);
  });

  it('is done when it was finished before the interrupt took hold', async () => {
    const brain = await start('slow-tail');
    brain.brain.send('hello');
    await brain.next('message.completed');
    brain.brain.interrupt();
    expect((await brain.next('turn.finished')).outcome).toEqual({ status: 'done', text: 'answer 1' });
    expect((await brain.turn('next')).outcome).toEqual({ status: 'done', text: 'answer 2' });
  });

  it('ends as interrupted when the brain is killed', async () => {
    const brain = await start('silent');
    brain.brain.send('hello');
    await brain.next('turn.accepted');
    await brain.brain.kill();
    expect((await brain.next('turn.finished')).outcome.status).toBe('interrupted');
    expect((await brain.turn('anybody')).outcome).toMatchObject({ error: { kind: 'brainDied' } });
  });

  it('tells the reason of a failure that has no text', async () => {
    const brain = await start('error-without-text');
    expect((await brain.turn('hello')).outcome).toMatchObject({
      error: { kind: 'brainError', details: { reason: 'too; many' } },
    });
  });

  it('reads characters that arrive byte by byte', async () => {
    const brain = await start('utf8');
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'zwölf Straßen €😀' });
  });

  it('uses what it adds to the totals of its process, also when they begin anew', async () => {
    const brain = await start('counts');
    const of = async (): Promise<unknown> => (await brain.turn('hello')).usage;
    const zero = { model: 'm', cacheWriteTokens: 0, cacheReadTokens: 0 };
    expect(await of()).toEqual([{ ...zero, inputTokens: 10, outputTokens: 20, costUsd: 0.5 }]);
    expect(await of()).toEqual([{ ...zero, inputTokens: 15, outputTokens: 30, costUsd: 0.25 }]);
    expect(await of()).toEqual([{ ...zero, inputTokens: 4, outputTokens: 8, costUsd: 0.1 }]);
  });

  it('refuses a second one at the same time', async () => {
    const brain = await start('silent');
    brain.brain.send('one');
    expect(() => brain.brain.send('two')).toThrow('a turn is on');
  });
});

describe('a process', () => {
  it('that hangs after its result is ended with signals', async () => {
    const brain = await start('hangs-after-result', { closeMs: 50, graceMs: 50 });
    await brain.turn('hello');
    expect(await brain.brain.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(brain.faults).toEqual(['the process did not end within 50 ms of its input']);
  });

  it('that behaves ends by itself when its input is closed', async () => {
    const brain = await start('', { closeMs: 60_000 });
    await brain.turn('hello');
    expect(await brain.brain.kill()).toEqual({ code: 0, signal: null });
    expect(brain.faults).toEqual([]);
  });

  it('that asks while no task runs is denied at once', async () => {
    const brain = await start('asks-between-turns');
    await brain.turn('hello');
    await brain.next('fault');
    expect(brain.all('approval.requested')).toEqual([]);
  });

  it('that asks for what nobody knows gets an error, not silence', async () => {
    const brain = await start('unknown-request');
    expect((await brain.turn('hello')).outcome).toEqual({ status: 'done', text: 'error' });
  });

  it('is not started where there is no folder', async () => {
    await expect(start('', {}, { cwd: join(root, 'nowhere') })).rejects.toMatchObject({
      kind: 'zoneInvalid',
    });
  });
});
