import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { reportFailure } from '../../../cli/failure.js';
import { Output } from '../../../cli/output.js';
import { fail } from '../../../protocol/fail.js';

interface Told {
  readonly path: string;
  readonly message: string;
  readonly json?: boolean;
}

function report({ path, message, json = false }: Told): string {
  const said: string[] = [];
  const stream = () => new PassThrough().on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const out = new Output({ stdout: stream(), stderr: stream(), env: {}, json, exit: () => undefined });
  const error = fail('invalidParams', { summary: `${path} ${message}`, issues: [{ path, message }] });
  expect(reportFailure(error, out, 'act')).toBe('usage');
  return said.join('');
}

describe('a parameter the daemon does not take', () => {
  it.each([
    ['limits.taskTimeoutMs', 'must be small', '--task-timeout must be small'],
    ['role', 'must be a lower-case letter.', 'The role must be a lower-case letter'],
    ['say', 'String is too long', 'The text: String is too long'],
    ['labels["a b"]', 'a label begins with a letter', '--label "a b": a label begins with a letter'],
    ['answers["Which?"]', 'needs an answer', '--answer "Which?" needs an answer'],
    ['env.A', 'is no name of a variable', '--env A is no name of a variable'],
    ['cwd', 'names /x, which does not exist', '--cwd names /x, which does not exist'],
  ])('%s is told as what was typed', (path, message, words) => {
    expect(report({ path, message })).toBe(`khlone: ${words}.\n  next: see khlone act --help\n`);
  });

  it('is left as it is where it is nothing that can be typed, and with --json', () => {
    expect(report({ path: 'clientInfo', message: 'Required' })).toContain('khlone schema');
    expect(JSON.parse(report({ path: 'role', message: 'Required', json: true }))).toMatchObject({
      error: { message: 'The parameters are not valid: role Required.' },
    });
  });
});
