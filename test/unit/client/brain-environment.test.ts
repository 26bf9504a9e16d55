import { expect, it } from 'vitest';
import { brainEnvironment } from '../../../client/brain-environment.js';

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
  expect(brainEnvironment({ ...taken, ...left, PATH: '/bin', LANG: undefined })).toEqual(taken);
});
