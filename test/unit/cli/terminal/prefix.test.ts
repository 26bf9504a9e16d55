import { describe, expect, it } from 'vitest';
import { defaultPrefix, parsePrefix } from '../../../../cli/terminal/prefix.js';

describe('a prefix key', () => {
  it.each([
    [defaultPrefix, 0x02, 'C-b'],
    ['^a', 0x01, 'C-a'],
    ['C-A', 0x01, 'C-a'],
    ['C-]', 0x1d, 'C-]'],
    ['C-\\', 0x1c, 'C-\\'],
    ['C-Space', 0x00, 'C-Space'],
    ['C-@', 0x00, 'C-@'],
  ])('%s', (text, byte, label) => {
    expect(parsePrefix(text)).toMatchObject({ byte, label });
  });

  it.each(['', 'b', 'C-', 'C-bb', 'M-b', 'C-1', 'C-m', 'C-i', 'C-j', 'C-['])('is not %j', (text) => {
    expect(() => parsePrefix(text)).toThrow(expect.objectContaining({ kind: 'invalidParams' }));
  });
});
