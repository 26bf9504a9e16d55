import { describe, expect, it } from 'vitest';
import { isAllowed, isSecret } from '../../../../daemon/environment/allowList.js';

describe('isAllowed', () => {
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
  ])('passes %s on', (name) => expect(isAllowed(name)).toBe(true));

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
  ])('keeps %s back', (name) => expect(isAllowed(name)).toBe(false));
});

describe('isSecret', () => {
  it.each([
    ['ANTHROPIC_API_KEY', 'x'],
    ['ANTHROPIC_AUTH_TOKEN', 'x'],
    ['CLAUDE_CODE_OAUTH_TOKEN', 'x'],
    ['AWS_SECRET_ACCESS_KEY', 'x'],
    ['AWS_SESSION_TOKEN', 'x'],
    ['ANTHROPIC_CUSTOM_HEADERS', 'x'],
    ['DB_PASSWORD', 'x'],
    ['SENTRY_DSN', 'x'],
    ['my_secret', 'x'],
    ['HTTPS_PROXY', 'http://me:pass@proxy:8080'],
    ['ANTHROPIC_BASE_URL', 'https://user:pw@host/path'],
    ['REDIS', 'redis://:pw@host'],
    ['ANYTHING', 'sk-ant-1'],
    ['ANYTHING', 'ghp_abc'],
    ['ANYTHING', 'github_pat_abc'],
    ['ANYTHING', 'glpat-abc'],
    ['ANYTHING', 'AKIAIOSFODNN7EXAMPLE'],
    ['ANYTHING', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['MAX_THINKING_TOKENS', 'sk-ant-1'],
  ])('holds %s=%s in memory only', (name, value) => expect(isSecret(name, value)).toBe(true));

  it.each([
    ['PATH', '/usr/bin:/bin'],
    ['HOME', '/home/you'],
    ['HTTPS_PROXY', 'http://proxy:8080'],
    ['ANTHROPIC_BASE_URL', 'http://localhost:8080/a@b:c'],
    ['NO_PROXY', 'localhost,127.0.0.1'],
    ['SSH_AUTH_SOCK', '/run/user/1/agent'],
    ['ANTHROPIC_MODEL', 'big'],
    ['LANG', 'C.UTF-8'],
    ['MAX_THINKING_TOKENS', '32000'],
    ['CLAUDE_CODE_MAX_OUTPUT_TOKENS', '32000'],
    ['KHLONE_DEMO_DIR', '/tmp/ask-me'],
  ])('writes %s=%s down', (name, value) => expect(isSecret(name, value)).toBe(false));
});
