import { describe, expect, it } from 'vitest';
import type { Task } from '../../../../client/index.js';
import { renderBoard } from '../../../../cli/render/board.js';
import { createStyle } from '../../../../cli/render/style.js';
import { textWidth } from '../../../../cli/render/width.js';
import { aClone, anApproval, aQuestion, aTask } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const message = 'parked.1 is parked: its brain failed 5 times within ten minutes. Last: it died..';
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
        'CLONE       STATUS   TASK                         AGE  TOKENS IN/OUT   COST  ID',
        'mechanic.1  working  (+2 queued) act: Say hello.  30s       1.2k/300  $0.50  t_1',
        'reviewer.1  off      -                              -              -      -  -',
        '',
      ].join('\n'),
    );
  });

  it('counts what runs beside a clone', () => {
    const clones = [
      { ...aClone, asides: 1 },
      { ...aClone, name: 'reviewer.1', status: 'working' as const, task: 't_1', queued: 2, asides: 3 },
    ];
    const lines = renderBoard({ zone: '/z', clones, tasks: [aTask], approvals: [] }, { style, now }).split(
      '\n',
    );
    expect(lines[2]).toContain(' 1 aside ');
    expect(lines[3]).toContain('(+2 queued, +3 asides) act: Say hello.');
  });

  it('marks what is read-only for good', () => {
    const clones = [aClone, { ...aClone, name: 'reader.1', readOnly: true }];
    const lines = renderBoard({ zone: '/z', clones, tasks: [], approvals: [] }, { style, now }).split('\n');
    expect(lines[2]).not.toContain('read-only');
    expect(lines[3]).toMatch(/^reader\.1 +\w+ \(read-only\)/);
  });

  it('shows what the processes use where some run', () => {
    const resources = { processes: 3, rssBytes: 300 * 1024 * 1024, cpuPercent: 2.5 };
    const clones = [
      { ...aClone, resources },
      { ...aClone, name: 'reviewer.1' },
    ];
    const lines = renderBoard({ zone: '/z', clones, tasks: [], approvals: [] }, { style, now }).split('\n');
    expect(lines[1]).toMatch(/COST +MEM +CPU +ID/);
    expect(lines[2]).toMatch(/300 MiB +2.5% +-$/);
    expect(lines[3]).toMatch(/- +- +- +-$/);
  });

  it('says of an ask that nothing stands around it, and of no other task', () => {
    const clones = [{ ...aClone, status: 'working' as const, task: 't_1' }];
    const boardOf = (task: Partial<Task>): string =>
      renderBoard({ zone: '/z', clones, tasks: [{ ...aTask, ...task }], approvals: [] }, { style, now });
    const bare = boardOf({ kind: 'ask', sandbox: 'none' });
    expect(bare).toContain('ask without sandbox: Say hello.');
    expect(bare).toContain(
      '! 1 ask runs without a sandbox\n  next: khlone doctor, or khlone config ask.sandbox require\n',
    );
    for (const task of [{ kind: 'ask', sandbox: 'bubblewrap' }, { kind: 'ask' }, { kind: 'act' }] as const)
      expect(boardOf(task)).not.toContain('without');
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
    expect(board).toContain(
      '✗ mechanic.1: It is parked.\n  next: mend that, then khlone restart mechanic.1\n',
    );
    expect(board).toContain('? mechanic.1 Run a command\n  next: khlone approve a_1  or  khlone deny a_1');
  });

  it('says of a clone whose brain failed when it is tried again, as long as that is to come', () => {
    const boardOf = (nextAt: string): string => {
      const clones = [{ ...aClone, status: 'off' as const, backoff: { failures: 2, nextAt } }];
      return renderBoard({ zone: '/z', clones, tasks: [], approvals: [] }, { style, now });
    };
    expect(boardOf('2026-11-21T09:00:36.000Z')).toContain(
      '! mechanic.1: its brain failed 2 times lately; the next start in 5s\n  next: wait, or khlone restart mechanic.1\n',
    );
    expect(boardOf('2026-11-21T09:00:30.000Z')).not.toContain('restart');
  });

  it('says which variables hold up the queue of a clone, and nothing where it has none', () => {
    const missing = ['MY_TOKEN', 'OTHER'];
    const boardOf = (queued: number): string =>
      renderBoard(
        { zone: '/z', clones: [{ ...aClone, status: 'off', queued, missing }], tasks: [], approvals: [] },
        { style, now },
      );
    expect(boardOf(1)).toContain(
      '! mechanic.1 waits for MY_TOKEN, OTHER\n  next: khlone update mechanic.1 --env MY_TOKEN --env OTHER\n',
    );
    expect(boardOf(0)).not.toContain('MY_TOKEN');
  });

  it('says where a question waits that no approval answers', () => {
    const clones = [{ ...aClone, status: 'waiting' as const, posture: 'talk' as const }];
    expect(renderBoard({ zone: '/z', clones, tasks: [], approvals: [] }, { style, now })).toContain(
      '\n? mechanic.1 asks in its terminal\n  next: khlone talk mechanic.1\n',
    );
  });

  it('shows a question as one, and no command that would be cut', () => {
    const state = { zone: '/z', clones: [aClone], tasks: [], approvals: [aQuestion] };
    const wide = renderBoard(state, { style, now, columns: 100 });
    expect(wide).toContain(
      "? mechanic.1 Which colour?\n  next: khlone approve a_2 --answer 'Which colour?=red'",
    );
    const narrow = renderBoard(state, { style, now, columns: 45 });
    expect(narrow).toContain('? mechanic.1 Which colour?\n  next: khlone approvals a_2\n');
    expect(wide + narrow).not.toContain('AskUserQuestion');
  });

  it.each([45, 60, 72, 80, 100])('is readable in %i columns', (columns) => {
    const id = 't_01k9example00task';
    const board = renderBoard(
      {
        zone: `/home/you/${'deep/'.repeat(30)}`,
        clones: [
          { ...aClone, status: 'waiting', task: id, queued: 3 },
          {
            ...aClone,
            name: 'parked.1',
            status: 'failed',
            error: { kind: 'cloneFailed', message, hint: '' },
          },
        ],
        tasks: [{ ...aTask, id, say: 'Mend the build that broke on Friday evening.' }],
        approvals: [{ ...anApproval, id: 'a_01k9example0appr', title: `Write: /${'deep/'.repeat(30)}` }],
      },
      { style, now, columns },
    );
    for (const line of board.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
    expect(board).toContain('act: Mend');
    for (const word of ['khlone approve a_01k9example0appr', 'khlone deny a_01k9example0appr'])
      expect(board).toContain(word);
    expect(board.includes(id)).toBe(columns === 100);
    expect(board).not.toContain('..\n');
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
