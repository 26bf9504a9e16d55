import { describe, expect, it } from 'vitest';
import { TitleReader } from '../../../../../../daemon/brains/streamJson/talk/title.js';

const titlesIn = (...chunks: (string | Buffer)[]): string[] => {
  const found: string[] = [];
  const reader = new TitleReader((title) => found.push(title));
  for (const chunk of chunks) reader.push(Buffer.from(chunk as string));
  return found;
};

describe('titles', () => {
  it.each([
    ['ended by a bell', '\x1b[?25l\x1b]0;✳ Claude Code\x07more', ['✳ Claude Code']],
    ['ended by an escape', '\x1b]2;one\x1b\\\x1b]0;two\x1b\\', ['one', 'two']],
    ['that are empty', '\x1b]0;\x07', ['']],
    ['of another sequence are none', '\x1b]8;;http://a\x07\x1b]10;?\x07\x1b[0;1m', []],
  ])('%s', (_, output, titles) => {
    expect(titlesIn(output)).toEqual(titles);
  });

  it('are found wherever the output is cut', () => {
    const output = Buffer.from('a\x1b[1mb\x1b]0;⠂ Claude\x07c\x1b]0;✳ x\x1b\\d');
    for (let one = 0; one <= output.length; one++) {
      for (let two = one; two <= output.length; two++) {
        const pieces = [output.subarray(0, one), output.subarray(one, two), output.subarray(two)];
        expect(titlesIn(...pieces)).toEqual(['⠂ Claude', '✳ x']);
      }
    }
  });

  it('that never end are not kept', () => {
    expect(titlesIn('\x1b]0;', 'x'.repeat(2000), '\x07\x1b]0;y\x07')).toEqual(['y']);
  });
});
