import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScreenFilter } from '../../../../cli/terminal/screenFilter.js';

interface Passed {
  readonly text: string;
  readonly switched: boolean;
  readonly alternate: boolean;
}

function pass(...chunks: readonly string[]): Passed {
  const filter = new ScreenFilter();
  let text = '';
  let switched = false;
  for (const chunk of chunks) {
    const filtered = filter.push(Buffer.from(chunk, 'latin1'));
    text += filtered.data.toString('latin1');
    switched ||= filtered.switched;
  }
  return { text, switched, alternate: filter.alternate };
}

const erase = '\x1b[2J';

describe('a switch of the screen', () => {
  it.each([
    ['\x1b[?1049h', erase, true],
    ['\x1b[?1049l', '', false],
    ['\x1b[?47h', erase, true],
    ['\x1b[?1047l', '', false],
    ['\x1b[?0001049h', erase, true],
    ['\x1b[?1049;25h', `${erase}\x1b[?25h`, true],
    ['\x1b[?25;1049l', '\x1b[?25l', false],
    ['\x1b[?1;47;1047;1049;7h', `${erase}\x1b[?1;7h`, true],
    ['\xc2\x9b?1049h', erase, true],
    ['\x1b[?10\n49h', `\n${erase}`, true],
    ['\x1b]0;title\x1b[?1049h', `\x1b]0;title${erase}`, true],
    ['\x1bc', '', false],
  ])('%j is taken out', (sequence, left, alternate) => {
    expect(pass(`a${sequence}b`)).toEqual({ text: `a${left}b`, switched: true, alternate });
    expect(pass('a', ...sequence.split(''), 'b')).toEqual({ text: `a${left}b`, switched: true, alternate });
  });

  it('is neither saved nor restored', () => {
    expect(pass('\x1b[?1049s')).toMatchObject({ text: '', switched: false });
    expect(pass('\x1b[?1049;1r')).toMatchObject({ text: '\x1b[?1r', switched: true });
  });

  it('is followed there and back', () => {
    expect(pass('\x1b[?1049h', 'vim', '\x1b[?1049l').alternate).toBe(false);
    expect(pass('\x1b[?1049h', 'vim').alternate).toBe(true);
    expect(pass('\x1b[?1049h', '\x1bc').alternate).toBe(false);
  });
});

describe('what is no switch', () => {
  it.each([
    'plain text\r\n',
    '\x1b[1;31mred\x1b[0m',
    '\x1b[?25l\x1b[?2004h\x1b[?1006;1000h',
    '\x1b[1049h',
    '\x1b[?1048h',
    '\x1b[?10490h',
    '\x1b[?1049$p',
    '\x1b[3;4H\x1b[2J\x1b[J\x1b[33J',
    '\x1b(c\x1b)0',
    '\x1b]52;c;aGVsbG8=\x07',
    '\xc3\x9b?1049h',
    '\xc2\xa0',
    '\x1b[?10\x1849h',
    '\x1bP+q544e\x1b\\',
  ])('%j passes as it is', (text) => {
    expect(pass(text)).toEqual({ text, switched: false, alternate: false });
    expect(pass(...text.split(''))).toEqual({ text, switched: false, alternate: false });
  });

  it.each(['\x1b[3J', '\x1b[03J', '\x1b[?3J'])(
    '%j would erase the lines above our screen, and goes',
    (text) => {
      expect(pass(`\x1b[H\x1b[2J${text}$`)).toEqual({
        text: '\x1b[H\x1b[2J$',
        switched: false,
        alternate: false,
      });
    },
  );

  it('waits only from the beginning of a sequence on', () => {
    const filter = new ScreenFilter();
    expect(filter.push(Buffer.from('text\x1b[?10')).data.toString()).toBe('text');
    expect(filter.push(Buffer.from('00h')).data.toString()).toBe('\x1b[?1000h');
    expect(filter.push(Buffer.from('\x1b[')).data.toString()).toBe('');
    filter.reset();
    expect(filter.push(Buffer.from('A')).data.toString()).toBe('A');
  });

  it('a sequence without an end takes no memory, and is dropped', () => {
    expect(pass(`\x1b[?${'1;'.repeat(10_000)}1049h!`)).toMatchObject({ text: '!' });
  });
});

describe('however the output is cut', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        '\x1b',
        '\x1b[',
        '\x1b[?',
        '1049',
        '47',
        ';',
        '25',
        'h',
        'l',
        'c',
        '3',
        'J',
        'm',
        '\xc2',
        '\x9b',
        '\x18',
        '\n',
      ],
      ...[
        '\x1b[?1049h',
        '\x1b[?1049l',
        '\x1b[?25;1047h',
        '\x1b[0m',
        'text',
        '\x1bc',
        '\x1b[3J',
        '\x7f',
        '\xff',
      ],
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  );
  const output = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it('the same comes out', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat({ max: 120 }), { maxLength: 12 }), (text, cuts) => {
        const places = [0, ...cuts.filter((at) => at < text.length).sort((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(pass(...chunks)).toEqual(pass(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('no switch is made of what is left around another', () => {
    expect(pass('\x1b[?1049\x1bcl').text).toBe('l');
    expect(pass('\x1b[?1049\x1b[3Jh').text).toBe('h');
    expect(pass('\xc2\x1b[3Jh').text).toBe('\xc2h');
    expect(pass('\x1b[?10\x1b[0m').text).toBe('\x1b[0m');
  });

  it('no switch is in it', () => {
    fc.assert(
      fc.property(output, (text) => {
        // What is left of `1049` and its like, after any escape that begins a sequence, is no parameter of a switch.
        // eslint-disable-next-line no-control-regex -- escape sequences are the subject
        expect(pass(text).text).not.toMatch(/\u001b\[\?(?:[\d:;]*;)?0*(?:47|1047|1049)(?:;[\d:;]*)?[hl]/);
      }),
      { numRuns: 1000 },
    );
  });
});
