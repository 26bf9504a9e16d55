import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../cli/program.js';

/** What a command line is refused for, or `connects` where it gets as far as its daemon. */
async function meets(...words: string[]): Promise<string> {
  const program = await createProgram({
    load: ['enroll'],
    context: () => ({
      folder: '/no/such/folder',
      env: {},
      get out(): never {
        return undefined as never;
      },
      get stdin(): never {
        throw new Error('nothing is read');
      },
      get stdout(): never {
        throw new Error('nothing is drawn');
      },
    }),
    stdout: () => undefined,
  });
  return program.run(['enroll', ...words]).then(
    () => 'done',
    (error: { kind?: string; message: string }) =>
      error.kind === 'zoneInvalid' ? 'connects' : error.message,
  );
}

describe('the program of a clone', () => {
  it('comes after two dashes, with its own options', async () => {
    expect(await meets('shell', '--', 'bash', '--norc', '--json')).toBe('connects');
    expect(await meets('shell', '--brain', 'command', '--', 'bash')).toBe('connects');
    expect(await meets('shell', '--size', '100x30', '--', 'bash', '--', 'x')).toBe('connects');
    expect(await meets('shell', 'bash')).toBe('"bash" is one word too many.');
    expect(await meets('shell', 'bash', '--', '-l')).toBe('"bash" is one word too many.');
  });

  it('is what the brain command needs, and no other takes', async () => {
    expect(await meets('shell', '--brain', 'command')).toBe('The brain command needs a program.');
    expect(await meets('shell', '--brain', 'demo', '--', 'bash')).toContain(
      'The brain demo runs a program of its own',
    );
  });
});
