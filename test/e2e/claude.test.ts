import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Approval, Event, Khlone, Task } from '../../client/index.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { history } from '../support/events.js';
import { processesWith } from '../support/processes.js';
import { refuse, say, use } from '../support/scriptedModel.js';

/** The real Claude CLI under a real daemon, through the client; only the model is scripted. */
describe('a clone of Claude Code', () => {
  let zone: ClaudeZone;
  let khlone: Khlone;

  beforeAll(async () => {
    zone = await claudeZone();
    khlone = await zone.client();
  });

  afterAll(async () => {
    await zone[Symbol.asyncDispose]();
  });

  const enroll = async (more: object = {}): Promise<string> =>
    (await khlone.clone.enroll({ role: 'mechanic', ...more })).name;

  const act = async (who: string, text: string): Promise<Task> => {
    const { id } = await khlone.clone.act({ who, say: text });
    return khlone.task.wait({ task: id });
  };

  /** The next approval of a clone, also if it is pending already. */
  const approvalOf = async (who: string): Promise<Approval> => {
    const stream = khlone.events({ from: 'tail', types: ['approval.requested'], who });
    await stream.ready;
    const [pending] = (await khlone.approval.list({ who })).approvals;
    if (pending) return pending;
    for await (const event of stream) if (event.type === 'approval.requested') return event.value;
    throw new Error('no approval came');
  };

  /** Everything stored of a task. */
  const eventsOf = async (task: string): Promise<Event[]> => {
    const { events } = await khlone.event.read({ from: 'start', limit: 1000 });
    return events.filter((event) => 'task' in event && event.task === task);
  };

  const brainOf = (who: string): number[] =>
    processesWith(`KHLONE_CLONE=${who}`, `CLAUDE_CONFIG_DIR=${zone.env['CLAUDE_CONFIG_DIR']}`);

  test('does a task: its words stream, its usage counts, its process stays warm for the next', async () => {
    zone.model.rule('hello there', say('Hello from the model', { pieces: 4 }));
    const who = await enroll();
    const live: string[] = [];
    const stream = khlone.events({ types: ['message.delta'], who });
    await stream.ready;
    const listening = (async () => {
      for await (const event of stream) {
        if (event.type === 'message.delta') live.push(event.text);
        if (live.join('') === 'Hello from the model') return;
      }
    })();
    const task = await act(who, 'hello there');
    await listening;

    expect(task).toMatchObject({ status: 'done', attempt: 1, result: { text: 'Hello from the model' } });
    expect(task.usage?.outputTokens).toBeGreaterThan(0);
    expect(live.length).toBeGreaterThan(1);
    const stored = await eventsOf(task.id);
    expect(stored.map((event) => event.type)).toEqual([
      'task.queued',
      'task.started',
      'clone.status',
      'message.completed',
      'usage.updated',
      'task.finished',
    ]);
    const warm = brainOf(who);
    expect(warm).toHaveLength(1);
    await act(who, 'hello there');
    expect(brainOf(who)).toEqual(warm);
    const usage = await khlone.usage.get({ who });
    expect(usage.total.outputTokens).toBe(2 * (task.usage?.outputTokens ?? 0));
    expect(usage.byModel[0]?.model).toContain('claude');
  });

  test('writes a file once a human allows it, and waits visibly until then', async () => {
    const file = join(zone.root, 'allowed.txt');
    zone.model.rule(
      'write allowed',
      use('Write', { file_path: file, content: 'by claude' }),
      say('Written.'),
    );
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'write allowed' });
    const approval = await approvalOf(who);
    expect(approval).toMatchObject({ kind: 'tool', tool: 'Write', task: id, clone: who });
    expect((await khlone.clone.get({ who })).status).toBe('waiting');
    expect((await khlone.task.get({ task: id })).status).toBe('waiting');
    expect(existsSync(file)).toBe(false);

    await khlone.approval.respond({ approval: approval.id, decision: 'allow' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'Written.' },
    });
    expect(readFileSync(file, 'utf8')).toBe('by claude');
    await expect(khlone.approval.respond({ approval: approval.id, decision: 'deny' })).rejects.toMatchObject({
      kind: 'approvalResolved',
    });
  });

  test('does not write what a human denies, and hears why', async () => {
    const file = join(zone.root, 'denied.txt');
    zone.model.rule('write denied', use('Write', { file_path: file, content: 'no' }), say('I may not.'));
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'write denied' });
    const { id: approval } = await approvalOf(who);
    await khlone.approval.respond({ approval, decision: 'deny', message: 'not on a Friday' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'I may not.' },
    });
    expect(existsSync(file)).toBe(false);
    const finished = (await eventsOf(id)).find((event) => event.type === 'tool.finished');
    expect(finished).toMatchObject({
      failed: true,
      output: expect.stringContaining('not on a Friday') as string,
    });
  });

  test('asks a human a question and goes on with the answer', async () => {
    const question = 'Which colour?';
    const options = [
      { label: 'red', description: 'like fire' },
      { label: 'blue', description: 'like water' },
    ];
    const questions = [{ question, header: 'Colour', options, multiSelect: false }];
    zone.model.rule('choose a colour', use('AskUserQuestion', { questions }), say('Blue it is.'));
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'choose a colour' });
    const approval = await approvalOf(who);
    expect(approval).toMatchObject({ kind: 'question', questions: [{ question }] });
    await expect(khlone.approval.respond({ approval: approval.id, decision: 'allow' })).rejects.toMatchObject(
      {
        kind: 'invalidParams',
      },
    );
    await khlone.approval.respond({
      approval: approval.id,
      decision: 'allow',
      answers: { [question]: 'blue' },
    });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'Blue it is.' },
    });
    const told = zone.model.requests.at(-1)?.body;
    expect(JSON.stringify(told)).toContain('blue');
  });

  test('ends its turn when interrupted and keeps its conversation', async () => {
    zone.model.rule('think for ever', { hang: true });
    zone.model.rule('still there', say('Still here.'));
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'think for ever' });
    await zone.model.seen('think for ever');
    const clone = await khlone.clone.interrupt({ who });
    expect(clone.status).toBe('idle');
    expect(await khlone.task.get({ task: id })).toMatchObject({
      status: 'interrupted',
      error: { kind: 'taskInterrupted' },
    });
    expect(await act(who, 'still there')).toMatchObject({ status: 'done', result: { text: 'Still here.' } });
    expect(JSON.stringify(zone.model.requests.at(-1)?.body)).toContain('think for ever');
  });

  test('goes on with its conversation after a kill -9 of its process', async () => {
    zone.model.rule('the word is plum', say('Noted.'));
    zone.model.rule('hang now', { hang: true });
    zone.model.rule('what was the word', say('You said plum.'));
    const who = await enroll();
    await act(who, 'the word is plum');
    const { id } = await khlone.clone.act({ who, say: 'hang now' });
    await zone.model.seen('hang now');
    for (const pid of brainOf(who)) process.kill(pid, 'SIGKILL');
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'failed',
      error: { kind: 'brainDied' },
    });
    expect(await act(who, 'what was the word')).toMatchObject({ status: 'done' });
    expect(JSON.stringify(zone.model.requests.at(-1)?.body)).toContain('the word is plum');
  });

  test('goes on in the middle of a message after a kill -9 of the daemon, in the same process and asking nothing twice', async () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve';
    zone.model.rule('speak slowly', say(text, { pieces: 12, everyMs: 250 }));
    zone.model.rule('what was it', say('Numbers.'));
    const who = await enroll();
    await using pieces = khlone.events({ types: ['message.delta'], who });
    await pieces.ready;
    const { id } = await khlone.clone.act({ who, say: 'speak slowly' });
    await pieces.next();
    const left = brainOf(who);
    await zone.killDaemon(khlone);
    khlone = await zone.client();
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 1,
      result: { text },
    });
    expect(brainOf(who)).toEqual(left);
    expect(zone.model.requests.filter((request) => request.text.includes('speak slowly'))).toHaveLength(1);
    const told = (await history(khlone)).filter((event) => 'task' in event && event.task === id);
    expect(told.flatMap(({ type }) => (type === 'clone.status' ? [] : [type]))).toEqual([
      'task.queued',
      'task.started',
      'message.completed',
      'usage.updated',
      'task.finished',
    ]);
    expect(await act(who, 'what was it')).toMatchObject({ status: 'done', result: { text: 'Numbers.' } });
    expect(JSON.stringify(zone.model.requests.at(-1)?.body)).toContain('speak slowly');
  });

  test('keeps a permission it asks for open over two kills of the daemon, and uses its tool once', async () => {
    zone.model.rule('note it once', use('Bash', { command: 'echo x >> once.txt; sleep 1' }), say('Noted.'));
    const who = await enroll();
    await using asked = khlone.events({ types: ['approval.requested'], who });
    await asked.ready;
    const { id } = await khlone.clone.act({ who, say: 'note it once' });
    await asked.next();
    const before = await khlone.approval.list();
    await zone.killDaemon(khlone);
    khlone = await zone.client();
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'waiting', task: id });
    expect(await khlone.approval.list()).toEqual(before);
    await khlone.approval.respond({ approval: before.approvals[0]?.id ?? '', decision: 'allow' });
    // Right after the answer, which may not have reached the brain.
    await zone.killDaemon(khlone);
    khlone = await zone.client();
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done', attempt: 1 });
    expect(readFileSync(join(zone.root, 'once.txt'), 'utf8')).toBe('x\n');
  });

  test('tells an error of the API as its own', async () => {
    zone.model.rule('fail please', refuse(400, 'invalid_request_error', 'the scripted model is broken'));
    const who = await enroll();
    const task = await act(who, 'fail please');
    expect(task).toMatchObject({ status: 'failed', error: { kind: 'brainError' } });
    expect(task.error?.message).toContain('the scripted model is broken');
  });

  test('cannot write while it is asked, even where its policy allows all', async () => {
    const file = join(zone.root, 'asked.txt');
    zone.model.rule(
      'try to write',
      {
        blocks: [
          { tool: 'Write', input: { file_path: file, content: 'x' } },
          { tool: 'Bash', input: { command: `echo x > ${file}` } },
        ],
      },
      say('I could not.'),
    );
    const who = await enroll({ approvals: 'allow' });
    const { id } = await khlone.clone.ask({ who, say: 'try to write' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      result: { text: 'I could not.' },
    });
    expect(existsSync(file)).toBe(false);
    const tools = (await eventsOf(id)).filter((event) => event.type === 'tool.finished');
    expect(tools.map((event) => event.failed)).toEqual([true, true]);
  });

  test('is allowed a kind of command for good, also by the process that follows', async () => {
    const command = 'touch for-good.txt';
    zone.model.rule('touch once', use('Bash', { command, description: 'Touch' }), say('Touched.'));
    const who = await enroll();
    const { id } = await khlone.clone.act({ who, say: 'touch once' });
    const { id: approval } = await approvalOf(who);
    await khlone.approval.respond({ approval, decision: 'allowAlways' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done' });
    expect(await act(who, 'touch once')).toMatchObject({ status: 'done' });
    await khlone.clone.update({ who, brief: 'You are brief.' });
    expect(await act(who, 'touch once')).toMatchObject({ status: 'done' });
    expect((await khlone.approval.list({ who, status: ['allowed', 'pending'] })).approvals).toHaveLength(1);
    expect(existsSync(join(zone.root, '.claude'))).toBe(false);
  });

  test('is refused clearly where claude is not installed, or not logged in', async () => {
    const bare = await zone.client({ ...zone.env, PATH: '/usr/bin:/bin' });
    await expect(bare.clone.enroll({ role: 'absent' })).rejects.toMatchObject({
      kind: 'brainMissing',
      hint: expect.stringContaining('@anthropic-ai/claude-code') as string,
    });
    const { ANTHROPIC_API_KEY: _, ...keyless } = zone.env;
    const stranger = await zone.client(keyless);
    const { name } = await stranger.clone.enroll({ role: 'stranger' });
    const { id } = await stranger.clone.act({ who: name, say: 'hello there' });
    const task = await stranger.task.wait({ task: id });
    expect(task).toMatchObject({ status: 'failed', error: { kind: 'brainLoggedOut' } });
    expect(task.error?.hint).toMatch(/\/login|ANTHROPIC_API_KEY/);
  });
});
