import { describe, expect, it } from 'vitest';
import { streamJsonArgs } from '../../../../../daemon/brains/streamJson/args.js';
import { capText, capValue, redactor, Tail } from '../../../../../daemon/brains/streamJson/text.js';
import { toolOutput, toolTitle } from '../../../../../daemon/brains/streamJson/tools.js';

describe('texts of a brain', () => {
  it('are shortened in the middle, and say by how much', () => {
    expect(capText('short')).toBe('short');
    const capped = capText(`${'a'.repeat(500)}${'z'.repeat(500)}`, 100);
    expect(capped).toBe(`${'a'.repeat(75)}\n[… 900 characters left out …]\n${'z'.repeat(25)}`);
    expect(capValue({ list: ['x'.repeat(11), 7, null], deep: { s: 'ok' } }, 8)).toEqual({
      list: ['xxxxxx\n[… 3 characters left out …]\nxx', 7, null],
      deep: { s: 'ok' },
    });
  });

  it('lose the secrets of the environment', () => {
    const clean = redactor({
      ANTHROPIC_API_KEY: 'sk-ant-0123456789',
      MY_TOKEN: 'sk-ant-0123456789-longer',
      HTTPS_PROXY: 'http://me:hunter2hunter2@proxy:3128',
      SHORT_KEY: 'abc',
      PATH: '/usr/bin:/bin',
    });
    expect(clean('sk-ant-0123456789-longer, sk-ant-0123456789, hunter2hunter2, abc, /usr/bin:/bin')).toBe(
      '[MY_TOKEN], [ANTHROPIC_API_KEY], [HTTPS_PROXY], abc, /usr/bin:/bin',
    );
  });

  it('on stderr are kept to their last bytes', () => {
    const tail = new Tail(10);
    tail.push(Buffer.from('0123456789'));
    tail.push(Buffer.from('abc'));
    expect(tail.text()).toBe('3456789abc');
    tail.push(Buffer.alloc(100, 'x'));
    expect(tail.text()).toBe('x'.repeat(10));
  });

  it('title a tool in one line', () => {
    expect(toolTitle('Bash', { command: 'npm\n  test', description: 'tests' })).toBe('Bash: npm test');
    expect(toolTitle('Nameless', 'no object')).toBe('Nameless');
    expect(toolTitle('Write', { file_path: 'x'.repeat(500) })).toBe(`Write: ${'x'.repeat(500)}`);
    expect(toolOutput([{ type: 'text', text: 'a' }, { type: 'image' }, 3])).toBe('a\n[image]\n[unknown]');
    expect(toolOutput(undefined)).toBe('');
  });
});

describe('the command line', () => {
  const spec = {
    clone: 'mechanic.1',
    posture: 'ask' as const,
    cwd: '/zone',
    env: {},
    conversation: 'c1',
    begun: false,
    edits: 'accept' as const,
    grants: ['Bash(npm test)', 'WebFetch(domain:example.org)', 'Edit(./**)'],
    brief: '--looks like a flag',
  };

  it('of an ask holds no permission that could write', () => {
    const args = streamJsonArgs(spec, 'new');
    expect(args).toContain('--session-id=c1');
    expect(args).toContain('--permission-mode=default');
    expect(args.filter((arg) => arg.startsWith('--allowedTools'))).toEqual([
      '--allowedTools=WebFetch(domain:example.org)',
    ]);
    expect(args.find((arg) => arg.startsWith('--tools='))).not.toMatch(/Bash|Write|Edit|Agent|Task/);
    expect(args.find((arg) => arg.startsWith('--append-system-prompt='))).toContain('--looks like a flag');
  });

  it('of an act carries grants, model and edits', () => {
    const args = streamJsonArgs({ ...spec, posture: 'act', model: 'opus' }, 'resume');
    expect(args).toEqual(
      expect.arrayContaining(['--resume=c1', '--permission-mode=acceptEdits', '--model=opus']),
    );
    expect(args.filter((arg) => arg.startsWith('--allowedTools'))).toHaveLength(3);
    expect(args.some((arg) => arg.startsWith('--tools'))).toBe(false);
  });
});
