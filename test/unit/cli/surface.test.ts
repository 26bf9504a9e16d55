import { describe, expect, it } from 'vitest';
import { describeSurface, speaksUnicode, wantsColour } from '../../../cli/surface.js';

describe('colour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('terminal %s with %j: %s', (terminal, env, wanted) => {
    expect(wantsColour(terminal, env)).toBe(wanted);
  });
});

describe('width and signs', () => {
  it('follow the terminal and not a pipe', () => {
    expect(describeSurface({ isTTY: true, columns: 93 }, {}).columns).toBe(93);
    expect(describeSurface({ columns: 93 }, {}).columns).toBeUndefined();
  });

  it('follow the locale', () => {
    expect(speaksUnicode({})).toBe(true);
    expect(speaksUnicode({ LANG: 'de_DE.UTF-8' })).toBe(true);
    expect(speaksUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })).toBe(false);
    expect(describeSurface({}, { LANG: 'C' }).style.symbols.done).toBe('+');
  });
});
