import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cast } from '../../../../cli/terminal/cast.js';

const at = Date.parse('2026-11-21T09:00:00.250Z');
const begin = () => Cast.begin({ at, cols: 80, rows: 24, title: 'mechanic.1', type: 'xterm-256color' });
const events = (lines: string): [number, string, string][] =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as [number, string, string]);

describe('an asciicast', () => {
  it('begins with its header', () => {
    expect(JSON.parse(begin().header)).toEqual({
      version: 3,
      term: { cols: 80, rows: 24, type: 'xterm-256color' },
      timestamp: 1_795_251_600,
      title: 'mechanic.1',
    });
  });

  it('tells each event by the time since the one before', () => {
    const { cast } = begin();
    const lines = [
      cast.output(at + 100, Buffer.from('$ \x1b[1mls')),
      cast.resized(at + 350, { cols: 100, rows: 30 }),
      cast.output(at + 300, Buffer.from('the clock was set back')),
      cast.exited(at + 1350, { code: 3 }),
    ];
    expect(events(lines.join(''))).toEqual([
      [0.1, 'o', '$ \x1b[1mls'],
      [0.25, 'r', '100x30'],
      [0, 'o', 'the clock was set back'],
      [1, 'x', '3'],
    ]);
  });

  it('lasts as long as it was recorded', () => {
    const { cast } = begin();
    cast.output(at + 100, Buffer.from('$ '));
    expect(events(cast.end(at + 3000))).toEqual([[2.9, 'o', '']]);
    expect(cast.end(at + 3000)).toBe('');
  });

  it('says a signal as a shell does', () => {
    expect(events(begin().cast.exited(at, { signal: 'SIGKILL' }))).toEqual([[0, 'x', '137']]);
  });

  it('cuts no character and loses none, whatever the bytes', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    fc.assert(
      fc.property(text, fc.boolean(), fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), (said, raw, cuts) => {
        const bytes = Buffer.from(said, raw ? 'latin1' : 'utf8');
        const { cast } = begin();
        const places = [
          0,
          ...cuts.filter((place) => place < bytes.length).sort((a, b) => a - b),
          bytes.length,
        ];
        const lines = places
          .slice(1)
          .map((end, index) => cast.output(at, bytes.subarray(places[index], end)));
        lines.push(cast.end(at));
        expect(
          events(lines.join(''))
            .map(([, , data]) => data)
            .join(''),
        ).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });
});
