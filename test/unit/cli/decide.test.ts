import { describe, expect, it } from 'vitest';
import { parseChoiceOf, parsePermission } from '../../../cli/decide.js';

describe('an answer to a request for permission', () => {
  it.each([
    ['y', { decision: 'allow' }],
    ['YES', { decision: 'allow' }],
    ['a', { decision: 'allowAlways' }],
    ['always', { decision: 'allowAlways' }],
    ['n', { decision: 'deny' }],
    ['no, use make instead', { decision: 'deny', message: 'use make instead' }],
  ])('%j is understood', (line, answer) => {
    expect(parsePermission(line)).toEqual(answer);
  });

  it.each(['', 'yep', 'yes but not the second', 'always ask', 'what?', '1'])('%j allows nothing', (line) => {
    expect(parsePermission(line)).toBeUndefined();
  });
});

describe('an answer to a question', () => {
  const options = [{ label: 'red' }, { label: 'green' }, { label: 'blue' }];
  const one = { question: 'Which?', options, multiSelect: false };
  const several = { ...one, multiSelect: true };

  it('is a number of an option, or words of its own', () => {
    expect(parseChoiceOf(one, '2')).toBe('green');
    expect(parseChoiceOf(one, '9')).toBe('9');
    expect(parseChoiceOf(one, ' none, really ')).toBe('none, really');
    expect(parseChoiceOf(several, '1, 3')).toBe('red, blue');
    expect(parseChoiceOf(several, '1, teal')).toBe('1, teal');
  });
});
