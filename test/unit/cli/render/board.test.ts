import { describe, expect, it } from 'vitest';
import { renderBoard } from '../../../../cli/render/board.js';
import { createStyle } from '../../../../cli/render/style.js';
import { textWidth } from '../../../../cli/render/width.js';
import { aClone, anApproval, aTask } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const now = Date.parse('2026-11-21T09:00:31.000Z');

describe('the board', () => {
  it('shows each clone with its task, its age, tokens and cost', () => {
    const usage = { ...aClone.usage, inputTokens: 1200, outputTokens: 300, costUsd: 0.5 };
    const board = renderBoard(
      {
        zone: '/home/you/project',
        clones: [
          { ...aClone, status: 'working', task: 't_1', queued: 2, usage },
          { ...aClone, name: 'reviewer.1', status: 'off' },
        ],
        tasks: [aTask],
        approvals: [],
      },
      { style, now },
    );
    expect(board).toBe(
      [
        '/home/you/project',
        'CLONE       STATUS   TASK                             AGE  TOKENS IN/OUT   COST',
        'mechanic.1  working  t_1 (+2 queued) act: Say hello.  30s       1.2k/300  $0.50',
        'reviewer.1  off      -                                  -              -      -',
        '',
      ].join('\n'),
    );
  });

  it('says below what waits for the user and what failed, and what to do', () => {
    const error = { kind: 'cloneFailed', message: 'It is parked.', hint: 'Mend it.' };
    const board = renderBoard(
      {
        zone: '/z',
        clones: [{ ...aClone, status: 'failed', error }],
        tasks: [],
        approvals: [anApproval],
      },
      { style, now },
    );
    expect(board).toContain('✗ mechanic.1 It is parked.\n  next: Mend it.');
    expect(board).toContain('? mechanic.1 Run a command\n  next: khlone approve a_1  or  khlone deny a_1');
  });

  it('fits the terminal', () => {
    const task = { ...aTask, say: '漢字 '.repeat(80) };
    const clones = [{ ...aClone, status: 'working' as const, task: 't_1' }];
    const board = renderBoard(
      { zone: '/z', clones, tasks: [task], approvals: [] },
      { style, now, columns: 80 },
    );
    expect(board.split('\n').every((line) => textWidth(line) <= 80)).toBe(true);
    expect(board).toContain('漢字');
  });

  it('says how to begin where there is no clone', () => {
    expect(renderBoard({ zone: '/z', clones: [], tasks: [], approvals: [] }, { style, now })).toContain(
      'khlone enroll',
    );
  });

  it('survives a status it does not know', () => {
    const clone = { ...aClone, status: 'dreaming' as unknown as 'idle' };
    expect(renderBoard({ zone: '/z', clones: [clone], tasks: [], approvals: [] }, { style, now })).toContain(
      'dreaming',
    );
  });
});
