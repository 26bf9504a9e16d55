import { describe, expect, it } from 'vitest';
import { isSecret } from '../../../../daemon/environment/secrets.js';

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
    ['REMOTE', 'https://0123456789abcdef@git.example/a.git'],
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
    ['REMOTE', 'ssh://git@git.example/a.git'],
    ['NO_PROXY', 'localhost,127.0.0.1'],
    ['SSH_AUTH_SOCK', '/run/user/1/agent'],
    ['ANTHROPIC_MODEL', 'big'],
    ['LANG', 'C.UTF-8'],
    ['MAX_THINKING_TOKENS', '32000'],
    ['CLAUDE_CODE_MAX_OUTPUT_TOKENS', '32000'],
    ['KHLONE_DEMO_DIR', '/tmp/ask-me'],
  ])('writes %s=%s down', (name, value) => expect(isSecret(name, value)).toBe(false));
});
