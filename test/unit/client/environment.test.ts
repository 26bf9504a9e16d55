import { expect, test } from 'vitest';
import { allocation, daemonEnvironment } from '../../../client/environment.js';

test('a daemon gets what it needs to find its places, and nothing else', () => {
  const kept = {
    PATH: '/bin',
    HOME: '/home/u',
    LANG: 'C.UTF-8',
    LANGUAGE: 'en',
    LC_ALL: 'C',
    TMPDIR: '/tmp',
    XDG_RUNTIME_DIR: '/run/user/1',
    XDG_STATE_HOME: '/state',
    KHLONE_HOME: '/k',
    KHLONE_LOG: 'debug',
  };
  const left = {
    ANTHROPIC_API_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
    NODE_V8_COVERAGE: '/c',
    SSH_AUTH_SOCK: '/a',
    PWD: '/somewhere',
    KHLONE_RUN: 'the brain that called us',
  };
  expect(daemonEnvironment({ ...kept, ...left, LC_TIME: undefined })).toEqual({ ...kept, ...allocation });
});
