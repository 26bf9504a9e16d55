import { describe, expect, it } from 'vitest';
import { formatTime } from '../../../../cli/render/format.js';
import { createStyle } from '../../../../cli/render/style.js';
import { renderTasks } from '../../../../cli/render/task.js';
import { aTask } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const now = Date.parse('2026-11-21T09:00:31.000Z');

describe('a list of tasks', () => {
  it('tells when one that came to a limit goes on', () => {
    const notBefore = '2026-11-21T10:00:00.000Z';
    const queued = { ...aTask, id: 't_2', status: 'queued', startedAt: undefined, notBefore } as const;
    expect(renderTasks([queued, aTask], { style, now })).toBe(
      [
        'TASK  KIND  CLONE       STATUS   AGE  TOOK  NOT BEFORE           SAY',
        `t_2   act   mechanic.1  queued   31s     -  ${formatTime(notBefore)}  Say hello.`,
        't_1   act   mechanic.1  running  31s   30s  -                    Say hello.',
        '',
      ].join('\n'),
    );
  });

  it('says nothing of it once the time has come', () => {
    const notBefore = '2026-11-21T09:00:30.000Z';
    expect(renderTasks([{ ...aTask, status: 'queued', notBefore }], { style, now })).not.toContain('BEFORE');
  });
});
