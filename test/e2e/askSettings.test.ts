import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { claudeZone } from '../support/claudeZone.js';
import { say, use } from '../support/scriptedModel.js';

it('an ask of the real Claude CLI keeps the login, the model and the words of the user, and what the repository says and forbids', async () => {
  await using zone = await claudeZone();
  const { root, model } = zone;
  const { ANTHROPIC_API_KEY: _, CLAUDE_CONFIG_DIR: config = '', ...env } = zone.env;
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const sub = join(root, 'sub');
  mkdirSync(join(root, '.git'));
  put(
    join(config, 'settings.json'),
    JSON.stringify({
      apiKeyHelper: 'echo sk-of-the-helper',
      model: 'model-of-the-user',
      env: { ANTHROPIC_CUSTOM_HEADERS: 'x-of-the-user: yes' },
      permissions: { deny: ['Read(./user-secret)'] },
    }),
  );
  put(join(config, 'CLAUDE.md'), 'What the user says.');
  put(join(root, 'CLAUDE.md'), 'What the repository says.');
  put(join(sub, 'CLAUDE.md'), 'What the folder says.');
  put(
    join(sub, '.claude/settings.json'),
    JSON.stringify({
      model: 'model-of-the-repository',
      env: { ANTHROPIC_CUSTOM_HEADERS: 'x-of-the-repository: yes' },
      permissions: { deny: ['Read(./secret)', 'Read(/other)'] },
    }),
  );
  const files = ['user-secret', 'secret', 'other', 'open'];
  for (const name of files) put(join(sub, name), 'x');
  model.rule('look', ...files.map((name) => use('Read', { file_path: join(sub, name) })), say('done'));

  const khlone = await zone.client({ ...env, CLAUDE_CONFIG_DIR: config });
  const { name: who } = await khlone.clone.enroll({ role: 'reader', cwd: sub });
  const { id } = await khlone.clone.ask({ who, say: 'look' });
  expect(await khlone.task.wait({ task: id })).toMatchObject({ status: 'done', result: { text: 'done' } });

  const seen = await model.seen('look');
  expect(seen.model).toBe('model-of-the-user');
  expect(seen.headers).toMatchObject({ 'x-api-key': 'sk-of-the-helper', 'x-of-the-user': 'yes' });
  expect(seen.headers).not.toHaveProperty('x-of-the-repository');
  const text = JSON.stringify(seen.body.messages);
  for (const words of ['What the user says.', 'What the repository says.', 'What the folder says.'])
    expect(text).toContain(words);
  const { events } = await khlone.event.read({ from: 'start', limit: 1000, direction: 'forward' });
  const finished = events.filter((event) => event.type === 'tool.finished');
  expect(finished.map(({ failed }) => failed)).toEqual([true, true, true, false]);
});
