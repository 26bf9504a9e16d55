import { describe, expect, it } from 'vitest';
import type { Clone, Khlone, Task } from '../../../client/index.js';
import { renderQueued } from '../../../cli/queued.js';
import { createStyle } from '../../../cli/render/style.js';
import { aClone, aTask } from './shapes.js';

const style = createStyle({ colour: false, unicode: true });
const queued: Task = { ...aTask, id: 't_2', status: 'queued' };

/** What is said of `queued` where the daemon has this clone and these tasks. */
function told(clone: Partial<Clone>, tasks: readonly Task[]): Promise<string> {
  const khlone = {
    clone: { get: async () => ({ ...aClone, ...clone }) },
    task: { list: async () => ({ tasks }) },
  };
  return renderQueued(khlone as unknown as Khlone, queued, style);
}

const talking = [
  'somebody talks to mechanic.1, or a turn typed in its terminal is on',
  'next: khlone talk mechanic.1 --takeover  or  khlone interrupt mechanic.1',
].map((line) => `  ${line}\n`);

describe('why a task waits', () => {
  it.each<[string, readonly [Partial<Clone>, Task[]], string]>([
    ['nothing where its turn is now', [{ queued: 1 }, [queued]], ''],
    ['what goes first', [{ task: 't_1', queued: 1 }, [queued, aTask]], '  t_2 is queued behind t_1\n'],
    ['who talks', [{ status: 'talking', queued: 1 }, [queued]], `  t_2 is queued\n${talking.join('')}`],
    [
      'what is asked in a terminal',
      [{ status: 'waiting', posture: 'talk', queued: 1 }, [queued]],
      '  t_2 is queued\n  a turn in the terminal of mechanic.1 waits for an answer there\n  next: khlone talk mechanic.1  or  khlone interrupt mechanic.1\n',
    ],
    [
      'what goes first and who talks',
      [{ status: 'talking', queued: 2 }, [queued, { ...aTask, status: 'queued' }]],
      `  t_2 is queued behind t_1\n${talking.join('')}`,
    ],
    ['nothing where it has begun', [{ status: 'talking' }, [{ ...queued, status: 'running' }]], ''],
  ])('is told: %s', async (_, [clone, tasks], text) => {
    expect(await told(clone, tasks)).toBe(text);
  });
});
