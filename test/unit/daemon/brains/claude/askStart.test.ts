import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askStart } from '../../../../../daemon/brains/claude/askStart.js';

let cwd: string;
beforeEach(() => void (cwd = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')))));
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const put = (name: string, text: string): void => {
  mkdirSync(dirname(join(cwd, name)), { recursive: true });
  writeFileSync(join(cwd, name), text);
};
const both = { flags: true, hook: true };
const settingsOf = (args: readonly string[]): unknown =>
  JSON.parse(/^--settings=(.*)$/s.exec(args.at(-1) ?? '')?.[1] ?? '');

describe('what an ask of Claude Code is started with', () => {
  it('takes from the repository what it forbids, wherever its paths start, and nothing else', () => {
    put(
      '.claude/settings.json',
      JSON.stringify({
        hooks: { Stop: [] },
        env: { A: 'b' },
        apiKeyHelper: 'x',
        enabledPlugins: { 'a@m': true, 'b@m': false },
        permissions: {
          allow: ['Bash'],
          deny: ['Read(./.env)', 'Read(/keys/**)', 'Read(//etc/x)', 7],
          ask: ['Read(~/x)'],
        },
      }),
    );
    put('.claude/settings.local.json', '{"permissions":{"deny":["WebFetch"]},"enabledPlugins":{"c@m":true}}');
    expect(settingsOf(askStart({ cwd }, both).args)).toEqual({
      env: { CLAUDE_CODE_SIMPLE: '0' },
      disableAllHooks: true,
      includeGitInstructions: false,
      permissions: {
        deny: ['Read(./.env)', `Read(/${cwd}/keys/**)`, 'Read(//etc/x)', 'WebFetch'],
        ask: ['Read(~/x)'],
      },
      enabledPlugins: { 'a@m': false, 'b@m': false, 'c@m': false },
    });
  });

  it.each(['', '[]', '{"permissions":[],"enabledPlugins":7}', '{"permissions":{"deny":"Read"}}'])(
    'copes with settings such as %j',
    (text) => {
      put('.claude/settings.json', text);
      expect(settingsOf(askStart({ cwd }, both).args)).toMatchObject({
        permissions: { deny: [], ask: [] },
        enabledPlugins: {},
      });
    },
  );

  it('has what the repository says of itself be read, up to its root and not beyond', () => {
    const sub = join(cwd, 'a/b');
    const folders = (): string[] =>
      askStart({ cwd: sub }, both).args.flatMap((arg) => /^--add-dir=(.*)$/.exec(arg)?.[1] ?? []);
    mkdirSync(sub, { recursive: true });
    expect(folders()).toEqual([sub]);
    mkdirSync(join(cwd, '.git'));
    expect(folders()).toEqual([sub, join(cwd, 'a'), cwd]);
  });

  it('leaves each layer to itself', () => {
    const { args, env } = askStart({ cwd }, { flags: false, hook: true });
    expect(env).toEqual({});
    expect(args).toEqual(['--settings={"env":{"CLAUDE_CODE_SIMPLE":"0"}}']);
    expect(settingsOf(askStart({ cwd }, { flags: true, hook: false }).args)).not.toHaveProperty('env');
  });
});
