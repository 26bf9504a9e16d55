import { describe, expect, it } from 'vitest';
import { brainVariables, isBrainVariable } from '../../../protocol/brainVariables.js';

it('takes what a brain needs and nothing else, above all nothing of khlone', () => {
  const taken = {
    PATH: '/bin',
    HOME: '/home/me',
    LC_ALL: 'C',
    XDG_CONFIG_HOME: '/c',
    https_proxy: 'http://p',
    NODE_EXTRA_CA_CERTS: '/ca',
    ANTHROPIC_API_KEY: 'k',
    CLAUDE_CODE_USE_BEDROCK: '1',
    AWS_PROFILE: 'p',
    DISABLE_TELEMETRY: '1',
    IS_SANDBOX: '1',
  };
  const left = {
    KHLONE_SOCKET: '/s',
    KHLONE_HOME: '/h',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: '/x.so',
    GITHUB_TOKEN: 't',
    CLAUDECODE: '1',
    DISABLE_EVERYTHING: '1',
    'XDG_BAD%NAME': 'x',
    ANTHROPIC_ENDLESS: 'x'.repeat(200_000),
  };
  expect(brainVariables({ ...taken, ...left, PATH: '/bin', LANG: undefined })).toEqual(taken);
});

describe('isBrainVariable', () => {
  it.each([
    'PATH',
    'HOME',
    'LANG',
    'LC_ALL',
    'HTTPS_PROXY',
    'https_proxy',
    'NO_PROXY',
    'SSH_AUTH_SOCK',
    'NODE_EXTRA_CA_CERTS',
    'XDG_CONFIG_HOME',
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_BASE_URL',
    'CLAUDE_CONFIG_DIR',
    'CLAUDE_CODE_USE_BEDROCK',
    'AWS_PROFILE',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'OPENAI_API_KEY',
    'CODEX_HOME',
    'GEMINI_API_KEY',
    'KHLONE_DEMO_DIR',
  ])('passes %s on', (name) => expect(isBrainVariable(name)).toBe(true));

  it.each([
    'KHLONE_SOCKET',
    'KHLONE_HOME',
    'KHLONE_CLONE',
    'XDG_RUNTIME_DIR',
    'DATABASE_URL',
    'GITHUB_TOKEN',
    'NPM_TOKEN',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'BASH_ENV',
    'path',
    'PATHS',
    'XPATH',
    // Set by a running Claude Code for its own children.
    'CLAUDECODE',
    'CLAUDE_CODE_ENTRYPOINT',
    'CLAUDE_CODE_SSE_PORT',
    'CLAUDE_CODE_SESSION_ID',
    'CLAUDE_CODE_CHILD_SESSION',
  ])('keeps %s back', (name) => expect(isBrainVariable(name)).toBe(false));
});
