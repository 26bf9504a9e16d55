import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrainSpec } from '../../daemon/brains/contract.js';
import { createSuppliers } from '../../daemon/brains/suppliers.js';
import type { Deadlines } from '../../daemon/brains/streamJson/deadlines.js';
import type { BrainListener } from '../support/brainListener.js';
import { BrainStage } from '../support/brainStage.js';
import { demoProgram } from '../support/demo.js';

let root: string;
const stage = new BrainStage();

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
});

afterEach(async () => {
  await stage.clear();
  rmSync(root, { recursive: true, force: true });
});

const start = (spec: Partial<BrainSpec> = {}, deadlines: Partial<Deadlines> = {}): Promise<BrainListener> => {
  const demo = { program: demoProgram, folder: join(root, 'memory') };
  const suppliers = createSuppliers({
    holder: stage.holder,
    terminals: stage.terminals,
    demo,
    graceMs: 1_000,
    ...deadlines,
  });
  return stage.start(suppliers.get('demo'), { cwd: root, env: { PATH: '/usr/bin:/bin' }, ...spec });
};

describe('the demo brain', () => {
  it('streams an answer that says what it is', async () => {
    const demo = await start();
    const end = await demo.turn('hello there');
    expect(end.outcome).toEqual({
      status: 'done',
      text: 'This is the khlone demo, a script and not a model. You said: hello there',
    });
    expect(demo.heard[0]).toEqual({ type: 'turn.accepted' });
    const [message] = demo.all('message.completed');
    const deltas = demo.all('message.delta');
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.every((delta) => delta.message === message?.message)).toBe(true);
    expect(deltas.map((delta) => delta.text).join('')).toBe(message?.text);
    expect(deltas.reduce((at, delta) => (expect(delta.offset).toBe(at), at + delta.text.length), 0)).toBe(
      message?.text.length,
    );
    expect(end.usage).toEqual([
      {
        model: 'khlone-demo',
        inputTokens: 2,
        outputTokens: 15,
        cacheWriteTokens: 0,
        cacheReadTokens: 0,
        costUsd: 0,
      },
    ]);
  });

  it('reports each turn of a warm process for itself', async () => {
    const demo = await start();
    const first = await demo.turn('one two three');
    const second = await demo.turn('four');
    expect(first.usage[0]?.inputTokens).toBe(3);
    expect(second.usage[0]?.inputTokens).toBe(1);
    expect(demo.all('turn.accepted')).toHaveLength(2);
    expect(demo.brain.isAlive()).toBe(true);
  });

  it('writes when it is allowed, and not when it is denied', async () => {
    const demo = await start();
    demo.brain.send('write a.txt some words');
    const { approval } = await demo.next('approval.requested');
    expect(approval).toMatchObject({ kind: 'tool', tool: 'Write', grants: ['Edit(./**)'] });
    demo.brain.respond(approval.request, { decision: 'allow' });
    expect((await demo.next('turn.finished')).outcome).toEqual({ status: 'done', text: 'I wrote a.txt.' });
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('some words\n');
    expect(demo.all('tool.finished')).toMatchObject([{ failed: false, output: 'wrote a.txt' }]);

    demo.brain.send('write b.txt');
    const second = await demo.next('approval.requested');
    demo.brain.respond(second.approval.request, { decision: 'deny', message: 'not today' });
    expect((await demo.next('turn.finished')).outcome).toMatchObject({ text: 'I could not: not today' });
    expect(existsSync(join(root, 'b.txt'))).toBe(false);
  });

  it('is asked once when the answer is always, and not at all with the grant', async () => {
    const demo = await start();
    demo.brain.send('write a.txt; write b.txt');
    const { approval } = await demo.next('approval.requested');
    demo.brain.respond(approval.request, { decision: 'allowAlways' });
    await demo.next('turn.finished');
    expect(demo.all('approval.requested')).toHaveLength(1);
    expect(existsSync(join(root, 'b.txt'))).toBe(true);

    const granted = await start({ grants: ['Edit(./**)'] });
    await granted.turn('write c.txt');
    const accepting = await start({ edits: 'accept' });
    await accepting.turn('write d.txt');
    expect([...granted.all('approval.requested'), ...accepting.all('approval.requested')]).toEqual([]);
    expect(existsSync(join(root, 'c.txt')) && existsSync(join(root, 'd.txt'))).toBe(true);
  });

  it('cannot write in an ask', async () => {
    const demo = await start({ posture: 'ask', edits: 'accept', grants: ['Write', 'Edit(./**)'] });
    const end = await demo.turn('write a.txt then read a.txt');
    expect(end.outcome.text).toContain('I could not');
    expect(demo.all('approval.requested')).toEqual([]);
    expect(existsSync(join(root, 'a.txt'))).toBe(false);
  });

  it('asks questions and uses the answers', async () => {
    const demo = await start({ posture: 'ask' });
    demo.brain.send('ask Which colour? red | blue');
    const { approval } = await demo.next('approval.requested');
    expect(approval).toMatchObject({
      kind: 'question',
      questions: [
        { question: 'Which colour?', multiSelect: false, options: [{ label: 'red' }, { label: 'blue' }] },
      ],
    });
    demo.brain.respond(approval.request, { decision: 'allow', answers: { 'Which colour?': 'blue' } });
    expect((await demo.next('turn.finished')).outcome.text).toBe('You answered: blue.');
  });

  it('remembers across processes, whatever khlone thinks of the conversation', async () => {
    const conversation = randomUUID();
    const first = await start({ conversation });
    await first.turn('remember the keys are in the drawer');
    await first.brain.kill();
    expect(first.brain.isAlive()).toBe(false);

    const second = await start({ conversation, begun: true });
    expect((await second.turn('recall')).outcome.text).toContain('the keys are in the drawer');
    expect(second.faults).toEqual([]);
    await second.brain.kill();

    const mistaken = await start({ conversation, begun: false });
    expect((await mistaken.turn('recall')).outcome.text).toContain('the keys are in the drawer');
    expect(mistaken.faults).toHaveLength(1);

    const lost = await start({ begun: true });
    expect((await lost.turn('recall')).outcome).toEqual({ status: 'done', text: 'I remember nothing.' });
  });

  it('opens the conversation the other way also before anything was said', async () => {
    const demo = await start({ begun: true });
    await demo.next('fault');
    expect((await demo.turn('hello')).outcome.status).toBe('done');
  });

  it('is interrupted while slow, while hung, and while it waits for an answer', async () => {
    const demo = await start();
    demo.brain.send('slow 600000');
    await demo.next('message.delta');
    demo.brain.interrupt();
    expect((await demo.next('turn.finished')).outcome.status).toBe('interrupted');

    demo.brain.send('hang');
    await demo.next('turn.accepted');
    demo.brain.interrupt();
    expect((await demo.next('turn.finished')).outcome.status).toBe('interrupted');

    demo.brain.send('write a.txt');
    const { approval } = await demo.next('approval.requested');
    demo.brain.interrupt();
    expect((await demo.next('approval.withdrawn')).request).toBe(approval.request);
    expect((await demo.next('turn.finished')).outcome.status).toBe('interrupted');
    demo.brain.respond(approval.request, { decision: 'allow' });
    expect((await demo.turn('still there')).outcome.status).toBe('done');
    expect(existsSync(join(root, 'a.txt'))).toBe(false);
  });

  it('is ended when it does not obey an interrupt', async () => {
    const demo = await start({}, { interruptMs: 100 });
    demo.brain.send('hang hard');
    await demo.next('turn.accepted');
    demo.brain.interrupt();
    expect((await demo.next('turn.finished')).outcome.status).toBe('interrupted');
    expect(demo.brain.isAlive()).toBe(false);
  });

  it('tells failures, logins and deaths apart', async () => {
    const demo = await start();
    expect((await demo.turn('fail out of cheese')).outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainError', details: { reason: 'API Error: 500 out of cheese' } },
    });
    expect((await demo.turn('logout')).outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainLoggedOut' },
    });
    expect((await demo.turn('die')).outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainDied', details: { ending: 'signal SIGKILL', stderr: 'told to die' } },
    });
    expect(await demo.brain.await()).toEqual({ code: null, signal: 'SIGKILL' });
    expect((await demo.turn('anybody')).outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainDied' },
    });
  });

  it('survives garbage, lines of several MB, and a missing result', async () => {
    const demo = await start({}, { resultMs: 2_000 });
    expect((await demo.turn('garbage')).outcome.status).toBe('done');
    expect(demo.faults).toEqual(['garbage on stdout (line 1 of it): this line is no JSON at all']);
    const bytes = 6 * 1024 * 1024;
    expect((await demo.turn(`big ${bytes}`)).outcome.text).toHaveLength(bytes);
    const end = await demo.turn('the last words; noresult');
    expect(end.outcome).toMatchObject({
      status: 'failed',
      error: { kind: 'brainNoResult' },
      text: expect.stringContaining('the last words') as string,
    });
    expect(demo.brain.isAlive()).toBe(false);
  });

  it('takes a thousand turns in one process', async () => {
    const demo = await start();
    for (let turn = 0; turn < 1_000; turn++) {
      const end = await demo.turn(`turn ${turn}`);
      expect(end.outcome.text).toContain(`turn ${turn}`);
    }
    expect(demo.all('turn.finished')).toHaveLength(1_000);
    expect(stage.running.size).toBe(1);
  });

  it('says so when it is not built', async () => {
    const suppliers = createSuppliers({
      holder: stage.holder,
      terminals: stage.terminals,
      demo: { program: join(root, 'nowhere.js') },
    });
    await expect(suppliers.get('demo')?.probe({})).rejects.toMatchObject({ kind: 'brainMissing' });
  });
});
