import fc, { type Arbitrary } from 'fast-check';

const small = fc.integer({ min: 0, max: 14 });

const narrow = ['a', 'lorem ', 'the quick brown fox', 'q─x', 'e\u0301', ' ', '#$@[]'];

const wide = ['日本', 'ｗ', '👍', '👩‍💻', '❤️', '\u0301'];

const control = fc.constantFrom('\r', '\n', '\r\n', '\t', '\b', '\u000e', '\u000f', '\u000b');

const csi = fc
  .tuple(fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abde'.split('')), small, small)
  .map(
    ([final, a, b]) =>
      `\u001b[${final === 'H' ? `${a};${b}` : final === 'J' || final === 'K' ? a % 4 : a}${final}`,
  );

const style = fc
  .array(
    fc.constantFrom(
      ...[
        '0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '7',
        '8',
        '9',
        '21',
        '22',
        '24',
        '27',
        '29',
        '53',
        '4:3',
        '4:5',
        '59',
      ],
      ...['31', '97', '39', '44', '105', '49', '38;5;200', '48;5;3', '38;2;1;2;3', '48;2;250;128;0'],
      ...['58:5:9', '58:2::9:8:7'],
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((codes) => `\u001b[${codes.join(';')}m`);

const mode = fc
  .tuple(
    fc.constantFrom(
      ...['?1', '?6', '?9', '?12', '?25', '?45', '?66', '?1000', '?1002', '?1003', '?1004', '?1006'],
      ...['?1016', '?2004', '4', '20'],
    ),
    fc.boolean(),
  )
  .map(([number, on]) => `\u001b[${number}${on ? 'h' : 'l'}`);

const screen = fc.constantFrom(
  ...['\u001b[?1049h', '\u001b[?1049l', '\u001b[?47h', '\u001b[?47l', '\u001b[?1047h', '\u001b[?1047l'],
  ...['\u001b[?1048h', '\u001b[?1048l'],
);

const region = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }))
  .map(([top, bottom]) => `\u001b[${top};${bottom}r`);

const rare = fc.constantFrom(
  ...[
    '\u001b7',
    '\u001b8',
    '\u001b[s',
    '\u001b[u',
    '\u001bD',
    '\u001bE',
    '\u001bM',
    '\u001bH',
    '\u001b[g',
    '\u001b[3g',
  ],
  ...[
    '\u001b=',
    '\u001b>',
    '\u001b(0',
    '\u001b(B',
    '\u001b)0',
    '\u001b(A',
    '\u001b*0',
    '\u001bn',
    '\u001b#8',
  ],
  ...['\u001b[!p', '\u001b[2 q', '\u001b[5 q', '\u001b[0 q', '\u001b]0;one\u0007', '\u001b]2;two\u001b\\'],
  ...[
    '\u001b]8;;http://localhost/\u001b\\',
    '\u001b]8;id=1;http://localhost/1\u001b\\',
    '\u001b]8;;\u001b\\',
  ],
  '\u001bc',
);

const noWrap = fc.constantFrom('\u001b[?7l', '\u001b[?7h');

const output = (words: readonly string[], more: Arbitrary<string>): Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        { weight: 10, arbitrary: fc.constantFrom(...words) },
        { weight: 5, arbitrary: control },
        { weight: 6, arbitrary: csi },
        { weight: 4, arbitrary: style },
        { weight: 2, arbitrary: mode },
        { weight: 1, arbitrary: screen },
        { weight: 1, arbitrary: region },
        { weight: 2, arbitrary: rare },
        { weight: 1, arbitrary: more },
      ),
      { maxLength: 60 },
    )
    .map((pieces) => Buffer.from(pieces.join('')));

/**
 * What programs send to terminals, and what they never should: dense, so that everything meets everything. Only wide
 * characters do not meet a screen without autowrap, where @xterm/headless leaves halves of them behind.
 */
export const terminalBytes: Arbitrary<Buffer> = fc.oneof(
  output([...narrow, ...wide], rare),
  output(narrow, noWrap),
);
