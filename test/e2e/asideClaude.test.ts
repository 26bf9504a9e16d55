import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Khlone, Task } from '../../client/index.js';
import { claudeZone } from '../support/claudeZone.js';
import { bareDaemonProgram } from '../support/daemon.js';
import { say, type ScriptedModel, use } from '../support/scriptedModel.js';

/** Paths of all conversations in a configuration. */
function conversations(config: string): string[] {
  const projects = join(config, 'projects');
  return readdirSync(projects, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(projects, name)).isFile())
    .map((name) => join(projects, name));
}

const ended = (khlone: Khlone, { id }: Task): Promise<Task> => khlone.task.wait({ task: id });
const heard = async (model: ScriptedModel, cue: string): Promise<string> =>
  JSON.stringify((await model.seen(cue)).body.messages);

describe.each([
  { where: 'in a sandbox', program: undefined },
  { where: 'without one', program: bareDaemonProgram },
])('an aside of the real Claude CLI $where', ({ program }) => {
  it('knows the conversation so far, beside an act, and leaves no trace in it', async () => {
    await using zone = await claudeZone({ ...(program && { program }) });
    const { model, env, root } = zone;
    const go = join(root, 'go');
    model.rule('first', say('one'));
    model.rule('second', say('aside-two'));
    model.rule('third', use('Bash', { command: `until [ -e ${go} ]; do sleep 0.05; done` }), say('three'));
    model.rule('fourth', say('aside-four'));
    model.rule('fifth', say('five'));
    const khlone = await zone.client();
    const { name: who } = await khlone.clone.enroll({ role: 'reader', approvals: 'allow' });
    const config = env['CLAUDE_CONFIG_DIR'] ?? '';

    // The conversation begins with an ask, whose process stays warm with it.
    await ended(khlone, await khlone.clone.ask({ who, say: 'first' }));
    const early = await khlone.clone.ask({ who, say: 'second', aside: true });
    expect(await ended(khlone, early)).toMatchObject({ status: 'done', result: { text: 'aside-two' } });
    expect(await heard(model, 'second')).toContain('first');

    const act = await khlone.clone.act({ who, say: 'third' });
    await model.seen('third');
    const before = conversations(config);
    expect(before).toHaveLength(1);
    const beside = await khlone.clone.ask({ who, say: 'fourth', aside: true });
    expect(await ended(khlone, beside)).toMatchObject({
      status: 'done',
      aside: true,
      sandbox: program ? 'none' : 'bubblewrap',
      result: { text: 'aside-four' },
      usage: { outputTokens: 7 },
    });
    const request = await heard(model, 'fourth');
    for (const word of ['first', 'third']) expect(request).toContain(word);
    expect(request).not.toContain('second');
    expect(await khlone.task.get({ task: act.id })).toMatchObject({ status: 'running' });

    writeFileSync(go, '');
    expect(await ended(khlone, act)).toMatchObject({ status: 'done', result: { text: 'three' } });
    await ended(khlone, await khlone.clone.act({ who, say: 'fifth' }));
    const later = model.requests.filter(({ text }) => /third|fifth/.test(text));
    const words = JSON.stringify(later.map(({ body }) => body.messages));
    for (const trace of ['second', 'fourth', 'aside-']) expect(words).not.toContain(trace);
    // The clone's own file is all there is.
    expect(conversations(config)).toEqual(before);
    expect(readFileSync(before[0] ?? '', 'utf8')).not.toMatch(/second|fourth|aside-/);
  });
});
