import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionOf } from '../../../../../daemon/brains/claude/session.js';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'khlone-'));
  mkdirSync(join(config, 'sessions'));
});
afterEach(() => rmSync(config, { recursive: true, force: true }));

const sessionId = '4a2f2bf4-fd27-47cb-baa9-731b787d92a8';
const process = { pid: 42, startTime: '1492846', bootId: 'boot', run: 'run' };
const write = (session: string | object): void =>
  writeFileSync(
    join(config, 'sessions', '42.json'),
    typeof session === 'string' ? session : JSON.stringify(session),
  );
const session = (env: Record<string, string> = { CLAUDE_CONFIG_DIR: config }): string | undefined =>
  sessionOf({ conversation: 'c0', cwd: '/zone', env }, process);

describe('the conversation that a terminal of Claude Code is on', () => {
  it('is what its file says', () => {
    write({ pid: 42, sessionId, procStart: '1492846', status: 'idle' });
    expect(session()).toBe(sessionId);
  });

  it.each([
    ['of another process with its number', { sessionId, procStart: '1' }],
    ['that names no process', { sessionId }],
    ['that names no conversation', { sessionId: '../../etc', procStart: '1492846' }],
    ['that is half written', '{"pid":42,"sessionId":"4a2f'],
  ])('is not told by a file %s', (_, content) => {
    write(content);
    expect(session()).toBeUndefined();
  });

  it('is not told, nor waited for, where a pipe is in the place of the file', () => {
    execFileSync('env', ['mkfifo', join(config, 'sessions', '42.json')]);
    expect(session()).toBeUndefined();
  });

  it('is not told where there is no file, or no folder for it', () => {
    expect([session(), session({})]).toEqual([undefined, undefined]);
  });
});
