import { describe, expect, it } from 'vitest';
import type { BrainOutput } from '../../../../../../daemon/brains/contract.js';
import type { Json } from '../../../../../../daemon/brains/streamJson/json.js';
import { FirstLines } from '../../../../../../daemon/brains/streamJson/talk/order.js';
import { TranscriptReader } from '../../../../../../daemon/brains/streamJson/talk/transcript.js';

// Lines as version 2.1.197 of the CLI writes them, without the members that nobody reads.
const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 9, 0, second)).toISOString();
const user = (content: unknown, more: object = {}): Json => ({
  parentUuid: 'p',
  isSidechain: false,
  type: 'user',
  message: { role: 'user', content },
  uuid: 'u1',
  timestamp: at(1),
  ...more,
});
const typed = (text: string, more: object = {}): Json =>
  user(text, { origin: { kind: 'human' }, promptSource: 'typed', ...more });
const assistant = (content: unknown, stop: string | null = 'end_turn', more: object = {}): Json => ({
  parentUuid: 'u1',
  isSidechain: false,
  type: 'assistant',
  message: { id: 'msg_1', role: 'assistant', content, stop_reason: stop },
  uuid: 'a1',
  timestamp: at(2),
  ...more,
});
const bash = {
  type: 'tool_use',
  id: 'toolu_1',
  name: 'Bash',
  input: { command: 'sleep 20', description: 'Sleep' },
};
const result = (content: string, failed = false): Json =>
  user([{ tool_use_id: 'toolu_1', type: 'tool_result', content, is_error: failed }]);

const readAll = (lines: readonly Json[], reader = new TranscriptReader()): BrainOutput[] =>
  lines.flatMap((line) => reader.read(line));

describe('a transcript', () => {
  it('tells what was typed, said and done', () => {
    const lines = [
      { type: 'mode', mode: 'normal' },
      { type: 'file-history-snapshot', messageId: 'u1', snapshot: {} },
      typed('run a tool'),
      assistant([{ type: 'text', text: 'Let me look.' }], 'tool_use'),
      assistant([bash], 'tool_use'),
      result('two'),
      assistant([{ type: 'text', text: 'Done.' }], 'end_turn', {
        message: { id: 'msg_2', content: [{ type: 'text', text: 'Done.' }], stop_reason: 'end_turn' },
      }),
      { type: 'system', subtype: 'turn_duration', durationMs: 5, timestamp: at(3) },
    ];
    expect(readAll(lines)).toEqual([
      { type: 'message.typed', message: 'u1', text: 'run a tool' },
      { type: 'message.completed', message: 'msg_1', text: 'Let me look.' },
      {
        type: 'tool.started',
        tool: 'toolu_1',
        name: 'Bash',
        title: 'Bash: sleep 20',
        input: { command: 'sleep 20', description: 'Sleep' },
      },
      { type: 'tool.finished', tool: 'toolu_1', failed: false, output: 'two' },
      { type: 'message.completed', message: 'msg_2', text: 'Done.' },
    ]);
  });

  it('names the texts of one message as the same turn by stream-json does', () => {
    const text = (words: string): Json => assistant([{ type: 'text', text: words }], null);
    expect(readAll([text('a'), text('b')])).toMatchObject([{ message: 'msg_1' }, { message: 'msg_1.1' }]);
  });

  it.each([
    ['a command of the shell', '<bash-input>echo hi</bash-input>', '!echo hi'],
    [
      'a slash command',
      '<command-name>/review</command-name>\n<command-message>review</command-message>\n<command-args>all</command-args>',
      '/review all',
    ],
    ['what looks like markup', '<div> is not closed', '<div> is not closed'],
    [
      'an image',
      [
        { type: 'text', text: 'look' },
        { type: 'image', source: {} },
      ],
      'look\n[image]',
    ],
    [
      'words beside a note of the program',
      [
        { type: 'text', text: '<system-reminder>x</system-reminder>' },
        { type: 'text', text: 'hi' },
      ],
      'hi',
    ],
  ])('tells %s as it was typed', (_, content, text) => {
    expect(readAll([user(content)])).toMatchObject([{ type: 'message.typed', text }]);
  });

  it.each([
    ['a note', user('x', { isMeta: true })],
    ['a summary of what was before', user('x', { isCompactSummary: true })],
    ['another origin', user('x', { origin: { kind: 'task-notification' } })],
    ['the output of a local command', user('<local-command-stdout>x</local-command-stdout>')],
    ['the output of a shell command', user('<bash-stdout>x</bash-stdout><bash-stderr></bash-stderr>')],
    ['a subagent', assistant([{ type: 'text', text: 'x' }], null, { isSidechain: true })],
    ['a local command', { type: 'system', subtype: 'local_command', content: '<command-name>/model' }],
    ['a kind that is not known', { type: 'surprise', message: { content: 'x' } }],
    ['no message', { type: 'user' }],
    ['a result of no tool', result('x')],
  ])('tells nothing of %s', (_, line) => {
    expect(readAll([line])).toEqual([]);
  });

  it('is read as fast where its words are full of tags without an end', () => {
    // Looking through all of it for each would take minutes.
    for (const tag of ['<command-name>', '<command-args>', '<bash-input>']) {
      const words = tag.repeat(150_000);
      expect(readAll([typed(words)])).toMatchObject([{ type: 'message.typed', text: words }]);
    }
  }, 10_000);

  it('tells what was typed while a turn was on, and taken up in it', () => {
    const attachment = { type: 'queued_command', prompt: 'and hurry', commandMode: 'prompt' };
    const reader = new TranscriptReader();
    readAll([typed('a'), assistant([bash], 'tool_use')], reader);
    expect(reader.read({ type: 'attachment', attachment, uuid: 'q' })).toEqual([
      { type: 'message.typed', message: 'q', text: 'and hurry' },
    ]);
    expect(reader.toolOn).toBe(true);
  });

  it.each([
    ['its last message', assistant([{ type: 'text', text: 'x' }])],
    ['the mark of an interrupt', user([{ type: 'text', text: '[Request interrupted by user]' }])],
    ['the time it took', { type: 'system', subtype: 'turn_duration', timestamp: at(5) }],
  ])('has a turn on from what was typed to %s', (_, end) => {
    const reader = new TranscriptReader();
    expect(reader.turnOn).toBe(false);
    readAll([typed('a'), assistant([{ type: 'text', text: 'x' }], 'tool_use')], reader);
    expect(reader.turnOn).toBe(true);
    readAll([end], reader);
    expect(reader.turnOn).toBe(false);
  });

  it('has no turn on where the answer is written before what it answers', () => {
    const reader = new TranscriptReader();
    readAll([assistant([{ type: 'text', text: 'x' }]), typed('a')], reader);
    expect(reader.turnOn).toBe(false);
  });

  it.each([
    ['the turn is interrupted', user([{ type: 'text', text: '[Request interrupted by user for tool use]' }])],
    ['something else is typed', typed('b', { timestamp: at(9) })],
  ])('tells a tool as failed when %s before it ended', (_, end) => {
    const reader = new TranscriptReader();
    readAll([typed('a'), assistant([bash], 'tool_use')], reader);
    expect(reader.toolOn).toBe(true);
    expect(reader.read(end)[0]).toMatchObject({ type: 'tool.finished', tool: 'toolu_1', failed: true });
    expect(reader.toolOn).toBe(false);
  });

  it('tells a tool as failed when the terminal is closed', () => {
    const reader = new TranscriptReader();
    readAll([typed('a'), assistant([bash], 'tool_use')], reader);
    expect(reader.close()).toMatchObject([{ type: 'tool.finished', tool: 'toolu_1', failed: true }]);
    expect(reader.close()).toEqual([]);
  });
});

describe('the first lines of a new transcript', () => {
  it('wait for the one that has nothing before it, and come in the order of their times', () => {
    const lines = new FirstLines();
    expect(lines.take({ n: 3, parentUuid: 'a', timestamp: at(3) })).toEqual([]);
    expect(lines.take({ n: 0, type: 'mode' })).toEqual([]);
    expect(lines.waiting).toBe(true);
    expect(lines.take({ n: 1, parentUuid: null, timestamp: at(1) }).map(({ n }) => n)).toEqual([0, 1, 3]);
    expect(lines.take({ n: 2, parentUuid: 'a', timestamp: at(2) }).map(({ n }) => n)).toEqual([2]);
    expect(lines.waiting).toBe(false);
  });

  it('wait no longer once they are released', () => {
    const lines = new FirstLines();
    lines.take({ n: 1, parentUuid: 'a' });
    expect(lines.release()).toHaveLength(1);
    expect(lines.take({ n: 2, parentUuid: 'b' })).toHaveLength(1);
  });
});
