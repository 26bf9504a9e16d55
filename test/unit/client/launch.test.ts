import { expect, test } from 'vitest';
import { parseReport } from '../../../client/launch.js';
import { fail } from '../../../protocol/fail.js';

const failure = (error: ReturnType<typeof fail>): string =>
  JSON.stringify({ error: { code: error.code, message: error.message, data: error.data } });

test('a daemon that listens says where', () => {
  expect(parseReport('{"ready":{"socket":"/s","pid":7}}')).toEqual({ state: 'ready', socket: '/s' });
});

test('a lost race is no failure', () => {
  expect(parseReport(failure(fail('zoneLocked', { path: '/l' })))).toEqual({ state: 'locked' });
});

test('a failure arrives whole', () => {
  const error = fail('databaseNewer', { path: '/db', found: 9, supported: 1 });
  const report = parseReport(failure(error));
  expect(report).toMatchObject({
    state: 'failed',
    error: { code: error.code, message: error.message, data: error.data },
  });
});

test('anything else is unreadable, and is quoted', () => {
  for (const line of ['', 'null', '7', 'ready', '{"ready":{}}', '{"error":{"code":"x"}}', '{"error":null}']) {
    expect(parseReport(line)).toEqual({ state: 'silent', reason: `its report cannot be read: ${line}` });
  }
});
