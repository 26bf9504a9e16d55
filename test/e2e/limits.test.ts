import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Khlone } from '../../client/index.js';
import { type ClaudeZone, claudeZone } from '../support/claudeZone.js';
import { nextEvent } from '../support/events.js';
import { say, usedUp, use } from '../support/scriptedModel.js';

const hourMs = 3_600_000;

/** The real Claude Code and what it may use. */
describe('a clone of Claude Code', () => {
  let zone: ClaudeZone;
  let khlone: Khlone;

  beforeAll(async () => {
    zone = await claudeZone();
    khlone = await subscriber();
  });

  afterAll(async () => {
    await zone[Symbol.asyncDispose]();
  });

  /** Who is told until when the plan is used up. */
  const subscriber = (): Promise<Khlone> => {
    const { ANTHROPIC_API_KEY: _, ...env } = zone.env;
    return zone.client({ ...env, CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-of-the-scripted-model' });
  };

  const pending = async (who: string) => (await khlone.approval.list({ who })).approvals[0];

  it('waits for the end of a usage limit, and does its task then', async () => {
    const soon = Math.floor(Date.now() / 1000) + 2;
    zone.model.rule('paint the door', usedUp(soon));
    const { name: who } = await khlone.clone.enroll({ role: 'painter' });
    await using events = khlone.events({ from: 'tail', types: ['task.queued'], who });
    await events.ready;
    const { id } = await khlone.clone.act({ who, say: 'paint the door' });
    const { value } = await nextEvent(events, 'task.queued', (event) => event.value.notBefore !== undefined);
    expect(value).toMatchObject({ status: 'queued', attempt: 1, error: { kind: 'usageLimit' } });
    expect(value.error?.message).toMatch(/hit your session limit/);
    expect(Date.parse(value.notBefore ?? '')).toBeGreaterThan(soon * 1000);
    zone.model.rule('paint the door', say('Painted.'));
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 2,
      result: { text: 'Painted.' },
    });
  });

  it('is tried at once when it is restarted, and gives up what is cancelled', async () => {
    const late = Math.floor((Date.now() + hourMs) / 1000);
    zone.model.rule('paint the wall', usedUp(late));
    const { name: who } = await khlone.clone.enroll({ role: 'painter' });
    await using events = khlone.events({ from: 'tail', types: ['clone.status'], who });
    await events.ready;
    const become = (wanted: string) => nextEvent(events, 'clone.status', ({ status }) => status === wanted);
    const { id } = await khlone.clone.act({ who, say: 'paint the wall' });
    await become('paused');
    const { hold } = await khlone.clone.get({ who });
    expect(hold).toMatchObject({ task: id, until: new Date(late * 1000 + 5000).toISOString() });
    await khlone.clone.restart({ who });
    await become('working');
    await become('paused');
    expect(await khlone.task.get({ task: id })).toMatchObject({ status: 'queued', attempt: 2 });
    await khlone.task.cancel({ task: id });
    expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'cancelled' });
    await nextEvent(events, 'clone.status', ({ status }) => status !== 'paused');
    expect((await khlone.clone.get({ who })).hold).toBeUndefined();
  });

  it('fails the task where its limits say so', async () => {
    zone.model.rule('paint the roof', usedUp(Math.floor((Date.now() + hourMs) / 1000)));
    const { name: who } = await khlone.clone.enroll({ role: 'painter', limits: { onUsageLimit: 'fail' } });
    const { id } = await khlone.clone.act({ who, say: 'paint the roof' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'failed',
      error: { kind: 'usageLimit' },
    });
  });

  it('is paused in mid-turn once its budget is used, over a restart of the daemon, until a human lets it go on', async () => {
    // Each answer of the scripted model takes 10 tokens in, 3 into its cache, and 7 out.
    zone.model.rule(
      'count the doors',
      use('Read', { file_path: `${zone.root}/a` }),
      use('Read', { file_path: `${zone.root}/b` }),
      use('Read', { file_path: `${zone.root}/c` }),
      // A turn that is over before it can be ended stays as it is.
      say('Three.', { pieces: 6, everyMs: 5_000 }),
    );
    zone.model.rule(/broken off|Look at what is done already/, say('Three, I said.'));
    const { name: who } = await khlone.clone.enroll({ role: 'painter', limits: { maxTokens: { task: 30 } } });
    await using events = khlone.events({ from: 'tail', types: ['approval.requested'], who });
    await events.ready;
    const { id } = await khlone.clone.act({ who, say: 'count the doors' });
    const { value } = await nextEvent(events, 'approval.requested');
    expect(value).toMatchObject({ kind: 'budget', task: id, budget: { unit: 'tokens', limit: 30 } });
    expect(await khlone.clone.get({ who })).toMatchObject({ status: 'paused', queued: 1 });
    expect(await khlone.task.get({ task: id })).toMatchObject({ status: 'queued', attempt: 1 });

    await zone.killDaemon(khlone);
    khlone = await subscriber();
    expect(await pending(who)).toMatchObject({ id: value.id, status: 'pending' });
    await khlone.approval.respond({ approval: value.id, decision: 'allowAlways' });
    expect(await khlone.task.wait({ task: id })).toMatchObject({
      status: 'done',
      attempt: 2,
      result: { text: 'Three, I said.' },
    });
    await expect(khlone.approval.respond({ approval: value.id, decision: 'deny' })).rejects.toMatchObject({
      kind: 'approvalResolved',
    });
  });
});
