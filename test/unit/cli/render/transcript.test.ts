import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../client/index.js';
import { createStyle } from '../../../../cli/render/style.js';
import { Transcript } from '../../../../cli/render/transcript.js';
import { anApproval, aQuestion, aTask } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const base = { cursor: { epoch: 1, seq: 1 }, at: '2026-11-21T09:00:00.000Z' };
const turn = { ...base, clone: 'mechanic.1', task: 't_1' };

const single = (): Transcript => new Transcript({ style, mode: 'single', explains: () => true });
const shared = (): Transcript => new Transcript({ style, mode: 'shared', explains: () => true });
const text = (transcript: Transcript, events: readonly Event[]): string =>
  events.map((event) => transcript.add(event)).join('');

const delta = (offset: number, piece: string, { message = 'm_1', clone = 'mechanic.1' } = {}): Event => ({
  ...turn,
  type: 'message.delta',
  clone,
  message,
  offset,
  text: piece,
});
const completed = (whole: string, message = 'm_1', clone = 'mechanic.1'): Event => ({
  ...turn,
  type: 'message.completed',
  clone,
  message,
  text: whole,
});

describe('a message in a transcript of one task', () => {
  it('flows out as it is written, once, and ends its line', () => {
    const transcript = single();
    expect(transcript.add(delta(0, 'Hello '))).toBe('Hello ');
    expect(transcript.add(delta(6, 'there'))).toBe('there');
    expect(transcript.add(completed('Hello there'))).toBe('\n');
  });

  it('is whole although pieces are missing or come twice', () => {
    expect(text(single(), [delta(6, 'there'), completed('Hello there')])).toBe('Hello there\n');
    expect(text(single(), [delta(0, 'Hel'), delta(6, 'there'), completed('Hello there')])).toBe(
      'Hello there\n',
    );
    expect(text(single(), [delta(0, 'Hello'), delta(3, 'lo th'), completed('Hello there')])).toBe(
      'Hello there\n',
    );
    expect(text(single(), [completed('Hello there\n')])).toBe('Hello there\n');
  });

  it('gives way to other lines without being torn', () => {
    const tool: Event = { ...turn, type: 'tool.started', tool: 'u_1', name: 'Write', title: 'Write a.txt' };
    expect(text(single(), [delta(0, 'Now'), tool])).toBe('Now\n  • Write a.txt\n');
  });

  it('brings no escape sequence to the terminal, even one cut in two', () => {
    const events = [delta(0, 'a\u001b'), delta(2, '[2Jb\u0007'), completed('a\u001b[2Jb\u0007')];
    expect(text(single(), events)).toBe('ab␇\n');
  });
});

describe('messages in a shared transcript', () => {
  it('come as whole lines under their clone, however they are mixed', () => {
    const events = [
      delta(0, 'one ', { clone: 'a.1' }),
      delta(0, 'uno\ndue', { message: 'm_2', clone: 'b.1' }),
      delta(4, 'two\nthree', { clone: 'a.1' }),
      completed('one two\nthree', 'm_1', 'a.1'),
      completed('uno\ndue', 'm_2', 'b.1'),
    ];
    expect(text(shared(), events)).toBe('b.1 │ uno\na.1 │ one two\na.1 │ three\nb.1 │ due\n');
  });
});

describe('a new status of a clone', () => {
  const off = (reason: 'idle' | 'memory' | 'limit' | 'died'): Event => ({
    ...base,
    type: 'clone.status',
    clone: 'b.1',
    status: 'off',
    posture: 'off',
    reason,
  });

  it('is told where its process was given back for want of memory', () => {
    expect(text(shared(), [off('memory')])).toBe('b.1 │ gave its process back: memory is short\n');
  });

  it.each([
    ['limit', 'was ended: it had used more memory than its limit (--memory)'],
    ['died', 'ended by itself'],
  ] as const)('is told where its process is gone and nobody asked for it: %s', (reason, words) => {
    expect(text(shared(), [off(reason)])).toBe(`b.1 │ its process at rest ${words}\n`);
  });

  it('breaks no line that is being written where it tells nothing', () => {
    expect(text(single(), [delta(0, 'Hello '), off('idle'), delta(6, 'there')])).toBe('Hello there');
  });
});

describe('the course of a task', () => {
  it('is told from its queueing to its end', () => {
    const events: Event[] = [
      { ...turn, type: 'task.queued', value: { ...aTask, status: 'queued' } },
      { ...turn, type: 'task.started', attempt: 2 },
      { ...turn, type: 'tool.started', tool: 'u_1', name: 'Bash', title: 'make' },
      { ...turn, type: 'tool.finished', tool: 'u_1', failed: true, output: '\nerror 1\nerror 2\n' },
      {
        ...turn,
        type: 'task.finished',
        value: {
          ...aTask,
          status: 'failed',
          finishedAt: '2026-11-21T09:00:03.000Z',
          error: { kind: 'brainError', message: 'It broke.', hint: 'Run `khlone retry <task>`.' },
        },
      },
    ];
    expect(text(single(), events)).toBe(
      [
        '▸ t_1 (attempt 2) act: Say hello.',
        '  • make',
        '    ✗ error 1 (+1 lines)',
        '✗ t_1 failed in 2s',
        '  It broke.',
        '  next: Run `khlone retry t_1`.',
        '',
      ].join('\n'),
    );
  });

  it('shows what an approval is about, not only its title', () => {
    const out = single().add({ ...turn, type: 'approval.requested', approval: 'a_1', value: anApproval });
    expect(out).toContain('mechanic.1 wants: Run a command');
    expect(out).toContain('command: rm -rf build\n      make');
    expect(out).toContain('khlone approve a_1  or  khlone deny a_1');
    const quiet = new Transcript({ style, mode: 'single', explains: () => false });
    expect(
      quiet.add({ ...turn, type: 'approval.requested', approval: 'a_1', value: anApproval }),
    ).not.toContain('khlone approve');
  });

  it('shows a question with its options and how to answer it', () => {
    const out = single().add({ ...turn, type: 'approval.requested', approval: 'a_2', value: aQuestion });
    expect(out).toContain('1. red');
    expect(out).toContain('2. green  as grass');
    expect(out).toContain("--answer 'Which colour?=red'");
  });

  it('shows the path of a permission once', () => {
    const value = {
      ...anApproval,
      tool: 'Write',
      title: 'Write: /z/a.txt',
      input: { file_path: '/z/a.txt', content: 'hello' },
    };
    const tool = { ...turn, type: 'tool.started', tool: 'u_1', name: 'Write', title: value.title } as const;
    const asked = { ...turn, type: 'approval.requested', approval: 'a_1', value } as const;
    const resolved = {
      ...turn,
      type: 'approval.resolved',
      approval: 'a_1',
      value: { ...value, status: 'allowed', decision: 'allow' },
    } as const;
    const quiet = (): Transcript => new Transcript({ style, mode: 'single', explains: () => false });
    const once = '  ? mechanic.1 wants your word on this\n    content: hello\n  allowed\n';
    expect(text(quiet(), [tool, asked, resolved])).toBe(`  • Write: /z/a.txt\n${once}`);
    // With anything in between, the heading says what it is about.
    const between = text(quiet(), [tool, delta(0, 'Now'), asked]);
    expect(between).toContain('? mechanic.1 wants: Write: /z/a.txt\n    content: hello');
    const another = { ...asked, approval: 'a_9', value: { ...value, id: 'a_9' } };
    expect(text(quiet(), [tool, asked, another, resolved])).toContain('  allowed Write: /z/a.txt\n');
    expect(text(quiet(), [resolved])).toBe('  allowed Write: /z/a.txt\n');
  });

  it('shows a question once and its answer, never the tool by which it is asked', () => {
    const name = 'AskUserQuestion';
    const value = { ...aQuestion, title: `${name}: Which colour?` };
    const events: Event[] = [
      { ...turn, type: 'tool.started', tool: 'u_1', name, title: value.title },
      { ...turn, type: 'approval.requested', approval: 'a_2', value },
      {
        ...turn,
        type: 'approval.resolved',
        approval: 'a_2',
        value: { ...value, status: 'allowed', answers: { 'Which colour?': 'blue' } },
      },
      { ...turn, type: 'tool.finished', tool: 'u_1', failed: false, output: 'blue' },
    ];
    expect(text(new Transcript({ style, mode: 'single', explains: () => false }), events)).toBe(
      '  ? mechanic.1 asks: Which colour?\n      1. red\n      2. green  as grass\n  answered: blue\n',
    );
  });

  it('ends no reason in two full stops', () => {
    const error = {
      kind: 'brainError',
      message: 'The brain reported an error: It broke..',
      hint: 'Read it..',
    };
    const finished: Event = { ...turn, type: 'task.finished', value: { ...aTask, status: 'failed', error } };
    expect(text(single(), [finished])).toMatch(/It broke\.\n {2}next: Read it\.\n$/);
  });

  it('passes over events it does not know', () => {
    expect(single().add({ ...base, type: 'moon.rose' } as unknown as Event)).toBe('');
  });
});

describe('what is said in a terminal', () => {
  const typed: Event = {
    ...base,
    clone: 'mechanic.1',
    type: 'message.typed',
    message: 'm_1',
    text: 'What is\n2 + 2?\n',
  };
  const answered: Event = {
    ...base,
    clone: 'mechanic.1',
    type: 'message.completed',
    message: 'm_2',
    text: '4',
  };
  const tool: Event = {
    ...base,
    clone: 'mechanic.1',
    type: 'tool.started',
    tool: 'u_1',
    name: 'Bash',
    title: 'bc',
  };

  it('is told without a task, line by line', () => {
    expect(text(shared(), [typed, tool, answered])).toBe(
      'mechanic.1 │ > What is\nmechanic.1 │ > 2 + 2?\nmechanic.1 │   • bc\nmechanic.1 │ 4\n',
    );
  });

  it('brings no escape sequence along, and says where it was cut', () => {
    expect(text(shared(), [{ ...typed, text: '\u001b[2Jlong', truncated: true }])).toBe(
      'mechanic.1 │ > long … (cut)\n',
    );
  });
});
