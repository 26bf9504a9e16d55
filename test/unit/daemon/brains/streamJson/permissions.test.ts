import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BrainOutput } from '../../../../../daemon/brains/contract.js';
import type { Json } from '../../../../../daemon/brains/streamJson/json.js';
import { PermissionDesk } from '../../../../../daemon/brains/streamJson/permissions.js';
import {
  answerReadOnlyHook,
  readOnlyTools,
  readsOnly,
} from '../../../../../daemon/brains/streamJson/readOnly.js';
import { lastingRules, ruleNotation } from '../../../../../daemon/brains/streamJson/rules.js';

const standing = { cwd: '/zone', env: { HOME: '/home/me' } };

const desk = (
  posture: 'act' | 'ask',
): { desk: PermissionDesk; answers: Map<string, Json>; outputs: BrainOutput[] } => {
  const answers = new Map<string, Json>();
  const outputs: BrainOutput[] = [];
  const ports = {
    answer: (id: string, response: Json) => answers.set(id, response),
    output: (o: BrainOutput) => outputs.push(o),
  };
  return { desk: new PermissionDesk({ ...standing, posture }, ports), answers, outputs };
};

const suggestion = {
  type: 'addRules',
  behavior: 'allow',
  destination: 'localSettings',
  rules: [{ toolName: 'Bash', ruleContent: 'npm test *' }],
};

describe('lasting rules', () => {
  const granted = (tool: string, input: Json, suggestions: readonly Json[] = []): string[] =>
    lastingRules(tool, { input, permission_suggestions: suggestions }, '/zone').map(ruleNotation);

  it('are those the brain suggests', () => {
    const others = [
      { type: 'setMode', mode: 'acceptEdits', destination: 'session' },
      { type: 'addDirectories' },
    ];
    expect(granted('Bash', { command: 'npm test' }, [suggestion, ...others])).toEqual(['Bash(npm test *)']);
    expect(granted('Bash', { command: 'x' }, [{ ...suggestion, behavior: 'deny' }])).toEqual(['Bash(x)']);
  });

  it('are else the narrowest that fit', () => {
    expect(granted('Write', { file_path: '/zone/a/b.txt' })).toEqual(['Edit(./**)']);
    expect(granted('Edit', { file_path: 'b.txt' })).toEqual(['Edit(./**)']);
    expect(granted('Write', { file_path: '/zone/../etc/passwd' })).toEqual(['Edit(//etc/passwd)']);
    expect(granted('Write', { file_path: '/zoned/x' })).toEqual(['Edit(//zoned/x)']);
    expect(granted('Write', {})).toEqual([]);
    expect(granted('Bash', { command: 'make' })).toEqual(['Bash(make)']);
    expect(granted('Bash', { command: 'rm *' })).toEqual([]);
    expect(granted('mcp__tracker__list', {})).toEqual(['mcp__tracker__list']);
  });
});

describe('the permission desk', () => {
  it('asks, and answers once', () => {
    const { desk: it_, answers, outputs } = desk('act');
    it_.request('r1', {
      tool_name: 'Bash',
      input: { command: 'make' },
      permission_suggestions: [suggestion],
    });
    expect(outputs).toEqual([
      {
        type: 'approval.requested',
        approval: {
          kind: 'tool',
          request: 'r1',
          tool: 'Bash',
          input: { command: 'make' },
          title: 'Bash: make',
          grants: ['Bash(npm test *)'],
        },
      },
    ]);
    expect(it_.waiting).toBe(true);
    it_.respond('r1', { decision: 'allow' });
    it_.respond('r1', { decision: 'deny', message: 'late' });
    expect(it_.waiting).toBe(false);
    expect(answers.get('r1')).toEqual({ behavior: 'allow', updatedInput: { command: 'make' } });
  });

  it('keeps "always" to the session, whatever destination the brain suggests', () => {
    const { desk: it_, answers } = desk('act');
    it_.request('r1', {
      tool_name: 'Bash',
      input: { command: 'make' },
      permission_suggestions: [suggestion],
    });
    it_.respond('r1', { decision: 'allowAlways' });
    expect(answers.get('r1')?.['updatedPermissions']).toEqual([{ ...suggestion, destination: 'session' }]);
    it_.request('r2', { tool_name: 'Bash', input: { command: 'rm *' } });
    it_.respond('r2', { decision: 'allowAlways' });
    expect(answers.get('r2')).toEqual({ behavior: 'allow', updatedInput: { command: 'rm *' } });
  });

  it('passes answers to questions back, and denies where there are none', () => {
    const { desk: it_, answers, outputs } = desk('ask');
    const input = { questions: [{ question: 'Which?', options: [{ label: 'a' }], multiSelect: true }] };
    it_.request('q1', { tool_name: 'AskUserQuestion', input });
    expect(outputs).toMatchObject([{ approval: { kind: 'question', questions: input.questions } }]);
    it_.respond('q1', { decision: 'allow', answers: { 'Which?': 'a' } });
    expect(answers.get('q1')).toEqual({
      behavior: 'allow',
      updatedInput: { ...input, answers: { 'Which?': 'a' } },
    });
    it_.request('q2', { tool_name: 'AskUserQuestion', input });
    it_.respond('q2', { decision: 'allow' });
    expect(answers.get('q2')).toMatchObject({ behavior: 'deny' });
  });

  it('denies an ask everything that is not reading, without asking anybody', () => {
    const { desk: it_, answers, outputs } = desk('ask');
    for (const tool of ['Write', 'Edit', 'Bash', 'Agent', 'mcp__any__thing', undefined]) {
      it_.request(String(tool), tool === undefined ? {} : { tool_name: tool, input: {} });
      expect(answers.get(String(tool))).toMatchObject({ behavior: 'deny' });
      const call = { tool_name: tool, tool_input: {} };
      expect(answerReadOnlyHook(call, standing)).toMatchObject({
        hookSpecificOutput: { permissionDecision: 'deny' },
      });
    }
    expect(outputs).toEqual([]);
    for (const tool of readOnlyTools)
      expect(answerReadOnlyHook({ tool_name: tool, tool_input: {} }, standing)).toEqual({});
  });

  it('withdraws what the brain no longer waits for', () => {
    const { desk: it_, answers, outputs } = desk('act');
    it_.request('r1', { tool_name: 'Bash', input: {} });
    it_.request('r2', { tool_name: 'Bash', input: {} });
    it_.withdraw('r1');
    it_.withdraw('r1');
    it_.withdrawAll();
    expect(outputs.slice(2)).toEqual([
      { type: 'approval.withdrawn', request: 'r1' },
      { type: 'approval.withdrawn', request: 'r2' },
    ]);
    it_.respond('r1', { decision: 'allow' });
    expect(answers.size).toBe(0);
  });
});

describe('what only reads', () => {
  it.each([
    ['Read', { file_path: '/home/me/a.ts', offset: 1, limit: 2 }],
    ['Read', { file_path: 'process/a.ts' }],
    ['Glob', { pattern: '**/*.ts', path: 'src' }],
    ['Grep', { pattern: '-x', path: '/home/me', glob: '*.ts', output_mode: 'content', '-n': true, '-A': 3 }],
    ['WebFetch', { url: 'https://example.com/a?b#c', prompt: 'sum up' }],
    ['WebSearch', { query: 'a', allowed_domains: ['example.com'] }],
  ])('%s with %o', (tool, input) => expect(readsOnly(tool, input, standing)).toBe(true));

  it.each([
    // Tools that nobody named.
    ['Bash', { command: 'true' }],
    ['Task', { prompt: 'x', isolation: 'worktree' }],
    ['toString', {}],
    [undefined, {}],
    // Arguments that nobody named, and what is no set of arguments.
    ['Read', { file_path: '/a', write_to: '/b' }],
    ['Read', { __proto__: null, constructor: 'x' }],
    ['Read', undefined],
    ['Read', ['/a']],
    // What a program behind the tool would take for an option.
    ['Grep', { pattern: 'x', path: '--pre=/tmp/run' }],
    ['Grep', { pattern: 'x', glob: '--pre=/tmp/run' }],
    ['Grep', { pattern: 'x', type: '-f/etc/shadow' }],
    ['Grep', { pattern: 'x', '-A': '1 --pre=/tmp/run' }],
    // Files that tell of processes, or do something.
    ['Read', { file_path: '/proc/self/environ' }],
    ['Read', { file_path: '/home/../proc/1/root/etc/shadow' }],
    ['Read', { file_path: '/dev/tty' }],
    ['Read', { file_path: ' /proc/self/environ\t' }],
    ['Glob', { pattern: '/proc/*/environ' }],
    // Whoever answers there may do things when it is asked.
    ['WebFetch', { url: 'http://localhost:2375/containers/json', prompt: 'x' }],
    ['WebFetch', { url: 'http://127.0.0.1/', prompt: 'x' }],
    ['WebFetch', { url: 'http://2130706433/', prompt: 'x' }],
    ['WebFetch', { url: 'http://0x7f.1/', prompt: 'x' }],
    ['WebFetch', { url: 'http://[::1]/', prompt: 'x' }],
    ['WebFetch', { url: 'http://router/', prompt: 'x' }],
    ['WebFetch', { url: 'http://a.localhost./', prompt: 'x' }],
    ['WebFetch', { url: 'https://me:secret@example.com/', prompt: 'x' }],
    ['WebFetch', { url: 'file:///etc/passwd', prompt: 'x' }],
  ])('is not %s with %o', (tool, input) => expect(readsOnly(tool, input, standing)).toBe(false));

  it('is not a path that no system takes', () => {
    expect(readsOnly('Read', { file_path: `/zone/${'a/'.repeat(1_000_000)}` }, standing)).toBe(false);
  });

  it('is not a file that a link of the repository leads to out of the way', () => {
    const zone = mkdtempSync(join(tmpdir(), 'khlone-'));
    try {
      symlinkSync('/proc', join(zone, 'notes'));
      symlinkSync('notes/self/environ', join(zone, 'README'));
      const inZone = { cwd: zone, env: { HOME: zone } };
      for (const path of ['README', 'notes/none/x', '~/README', join(zone, 'notes/self/status')]) {
        expect(readsOnly('Read', { file_path: path }, inZone), path).toBe(false);
      }
      expect(readsOnly('Glob', { pattern: 'notes/*/environ' }, inZone)).toBe(false);
      expect(readsOnly('Read', { file_path: '~/other/README' }, inZone)).toBe(true);
    } finally {
      rmSync(zone, { recursive: true });
    }
  });
});
