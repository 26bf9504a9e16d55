import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSanitizer, oneLine, sanitize, sanitizeJson } from '../../../../cli/render/sanitize.js';

/** Everything a terminal may act on, but tab and newline. */
// eslint-disable-next-line no-control-regex -- control characters are the subject
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]0;title\u0007',
        '\u001b]8;;http://x\u001b\\',
        '\u001b[2J',
        '\u001b',
        '\u009b1m',
        '\r',
        '\r\n',
        '\u202e',
        '\u001bP+q\u001b\\',
        'text',
        '🙂',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('sanitized text', () => {
  it('holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(sanitize(text)).not.toMatch(dangerous);
      }),
    );
    fc.assert(
      fc.property(hostile, (text) => !/[\n\t]/.test(oneLine(text)) && !dangerous.test(oneLine(text))),
    );
  });

  it('drops whole sequences and shows what else is there', () => {
    expect(sanitize('\u001b[1;31mred\u001b[0m')).toBe('red');
    expect(sanitize('\u001b]0;owned\u0007safe')).toBe('safe');
    expect(sanitize('\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\')).toBe('link');
    expect(sanitize('bell\u0007')).toBe('bell␇');
    expect(sanitize('a\u202eb')).toBe('a<U+202E>b');
    expect(sanitize('tab\tand\r\nline\n')).toBe('tab\tand\nline\n');
  });

  it('leaves text of every script as it is', () => {
    expect(sanitize('naïve 漢字 👩‍👩‍👧‍👦 שלום')).toBe('naïve 漢字 👩‍👩‍👧‍👦 שלום');
  });
});

describe('text in chunks', () => {
  it('is as safe, wherever it is cut', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat({ max: 200 })), (text, cuts) => {
        const sanitizer = new ChunkSanitizer();
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        let out = '';
        for (const [at, place] of places.entries())
          out += sanitizer.push(text.slice(places[at - 1] ?? 0, place));
        out += sanitizer.end();
        return !dangerous.test(out);
      }),
    );
    const sanitizer = new ChunkSanitizer();
    const pieces = ['red: \u001b[3', '1mword\u001b', '[0m, pair \ud83d', '\ude42 line\r', '\nend'];
    const joined = pieces.map((piece) => sanitizer.push(piece)).join('') + sanitizer.end();
    expect(joined).toBe('red: word, pair 🙂 line\nend');
  });

  it('does not hold back without end', () => {
    const sanitizer = new ChunkSanitizer();
    expect(sanitizer.push(`\u001b]0;${'x'.repeat(1000)}`)).toContain('xxx');
  });
});

describe('sanitized JSON', () => {
  it('means the same and holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = sanitizeJson(JSON.stringify(text));
        expect(JSON.parse(json)).toBe(text);
        expect(json).not.toMatch(dangerous);
      }),
    );
  });
});
