import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

it('the example of a stream runs as it stands, and leaves nothing behind', async () => {
  const program = join(import.meta.dirname, '../../docs/examples/stream.mjs');
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect(err).toBe('');
  expect(out.split('\n')).toEqual([
    'both saw it: 42 is the answer',
    'the same screen, 60x8: true',
    'exited with code 3',
    '',
  ]);
  expect(child.exitCode).toBe(0);
});
