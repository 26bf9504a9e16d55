import { describe, expect, it } from 'vitest';
import type { Gained, ScreenReply, ScreenText } from '../../../../../daemon/streams/contract.js';
import { HeadlessScreen } from '../../../../../daemon/streams/screen/headlessScreen.js';
import { matchesInTime, patternProblem } from '../../../../../daemon/streams/screen/pattern.js';

const size = { cols: 20, rows: 5 };

class Followed {
  readonly replies: ScreenReply[] = [];
  readonly screen = new HeadlessScreen({ size, offset: 0 }, (reply) => this.replies.push(reply));

  feed(data: string): this {
    this.screen.feed(this.screen.offset, Buffer.from(data));
    return this;
  }

  text(scrollback = 0): ScreenText {
    return this.screen.answer({ type: 'text', scrollback, ansi: true }) as ScreenText;
  }

  mark(): this {
    this.screen.answer({ type: 'mark' });
    return this;
  }

  get gained(): string {
    return this.all.text;
  }

  get all(): Gained {
    return this.screen.answer({ type: 'gained' }) as Gained;
  }
}

const after = (data: string): ScreenText => new Followed().feed(data).text();

describe('the text of a screen', () => {
  it('has no blanks at the ends of lines, nor lines at its end', () => {
    expect(after('  one   \r\n\r\n two \u001b[44m   \u001b[m\r\n\r\n').text).toBe('  one\n\n two');
  });

  it('has each wide and combined character once', () => {
    expect(after('日本 e\u0301 👍 ｗ|').text).toBe('日本 e\u0301 👍 ｗ|');
    expect(after('日本 e\u0301 👍 ｗ|').cursor).toEqual({ x: 13, y: 0, visible: true });
  });

  it('has the lines above on request', () => {
    const screen = new Followed().feed(Array.from({ length: 8 }, (_, i) => `line ${i}`).join('\r\n'));
    expect(screen.text().text).toBe('line 3\nline 4\nline 5\nline 6\nline 7');
    expect(screen.text(2).text.split('\n')[0]).toBe('line 1');
    expect(screen.text(10_000).text.split('\n')).toHaveLength(8);
  });

  it('has its styles on request, each line by itself', () => {
    expect(after('\u001b[1;31mred\r\n\u001b[Kmore\u001b[m plain\u001b[44m \u001b[m').ansi).toBe(
      '\u001b[0;1;31mred\u001b[m\n\u001b[0;1;31mmore\u001b[m plain\u001b[0;44m \u001b[m',
    );
  });

  it('has nothing of what was erased from the very end of the screen on', () => {
    expect(after(`one\r\n\n\n\n${'x'.repeat(20)}\u001b[1Jy`).text).toBe('\n\n\n\ny');
  });

  it('tells the line of the cursor with all its rows', () => {
    const screen = after(`before\r\n$ ${'word '.repeat(7)}`);
    expect(screen.line).toBe(`$ ${'word '.repeat(7)}`.trimEnd());
    expect(screen.cursor.y).toBe(2);
  });

  it('tells where the cursor is, in the last column too, and whether it shows', () => {
    expect(after('x'.repeat(20)).cursor).toEqual({ x: 19, y: 0, visible: true });
    expect(after('\u001b[?25l\u001b[3;4H').cursor).toEqual({ x: 3, y: 2, visible: false });
  });

  it('is of the alternate screen while that shows', () => {
    expect(after('normal\u001b[?1049h\u001b[Halt\u001b]2;vim\u0007')).toMatchObject({
      text: 'alt',
      alternate: true,
      title: 'vim',
    });
  });
});

describe('what a screen gained', () => {
  const marked = (before: string): Followed => new Followed().feed(before).mark();

  it('is the lines after the marked one', () => {
    expect(marked('old\r\n$ ').feed('ls\r\na  \r\n\r\nb\r\n$ ').gained).toBe('a\n\nb\n$');
  });

  it('is nothing as long as nothing comes', () => {
    expect(marked('old\r\n$ ').feed('ls').gained).toBe('');
  });

  it('joins the rows of a line that went on beyond the edge', () => {
    const long = 'a long line that takes three rows of the screen';
    expect(marked('$ ').feed(`a command that takes two rows, too\r\n${long}\r\n$ `).gained).toBe(
      `${long}\n$`,
    );
  });

  it('is found after the marked line scrolled off the screen', () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    expect(marked('old\r\n$ ').feed(`seq\r\n${lines.join('\r\n')}`).gained).toBe(lines.join('\n'));
  });

  it('is all that is kept once the marked line is gone', () => {
    const lines = Array.from({ length: 5_500 }, (_, i) => `${i}`).join('\r\n');
    const { text, complete } = marked('$ ').feed(`seq\r\n${lines}`).all;
    const gained = text.split('\n');
    expect(gained).toHaveLength(5_005);
    expect(gained.at(-1)).toBe('5499');
    expect(complete).toBe(false);
  });

  it('is complete as long as its beginning is kept, and of a screen that was cleared', () => {
    const lines = Array.from({ length: 4_900 }, (_, i) => `${i}`).join('\r\n');
    const screen = marked('$ ').feed(`seq\r\n${lines}`);
    expect(screen.all.complete).toBe(true);
    expect(screen.feed('\u001b[H\u001b[2J\u001b[3Jfresh\r\n').all).toEqual({ text: 'fresh', complete: true });
    expect(screen.mark().all.complete).toBe(true);
  });

  it('lacks its beginning after another size too, but not after another mark', () => {
    const screen = marked('$ ').feed(`seq\r\n${'line\r\n'.repeat(5_500)}`);
    screen.screen.resize({ cols: 60, rows: 10 });
    expect(screen.all.complete).toBe(false);
    expect(screen.mark().all.complete).toBe(true);
  });

  it('lacks its beginning where bytes are missing', () => {
    const { screen } = marked('$ ').feed('seq\r\n');
    for (const text of ['more', 'last']) {
      screen.feed(screen.offset + 1_000, Buffer.from(`${text}\r\n`));
      expect(screen.answer({ type: 'gained' })).toEqual({ text, complete: false });
    }
  });

  it('survives another size', () => {
    const screen = marked('some text that is wrapped\r\n$ ').feed('ls\r\na\r\n');
    screen.screen.resize({ cols: 60, rows: 10 });
    screen.screen.resize({ cols: 9, rows: 4 });
    expect(screen.gained).toBe('a');
  });

  it('of a screen that was cleared is what it has now', () => {
    expect(marked('one\r\ntwo\r\n$ ').feed('clear\u001b[H\u001b[2Jfresh\r\n').gained).toBe('fresh');
    expect(
      marked('1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n$ ').feed('\u001b[H\u001b[2J\u001b[3Jfresh\r\n').gained,
    ).toBe('fresh');
  });

  it('of the alternate screen is the lines that were not there', () => {
    const screen = marked('\u001b[?1049h\u001b[Hhead\u001b[2;1Hone\u001b[3;1Htwo');
    expect(screen.feed('\u001b[2;1Htwo\u001b[3;1Hthree').gained).toBe('three');
  });

  it('of an alternate screen that is new is all of it', () => {
    expect(marked('$ ').feed('vim\u001b[?1049h\u001b[Htext').gained).toBe('text');
  });

  it('goes on behind an alternate screen that came and went', () => {
    expect(marked('$ ').feed('vim\r\n\u001b[?1049h\u001b[Htext\u001b[?1049lsaved\r\n$ ').gained).toBe(
      'saved\n$',
    );
  });
});

describe('questions of programs', () => {
  it.each([
    ['what it is', '\u001b[c', '\u001b[?1;2c'],
    ['its version', '\u001b[>c', '\u001b[>0;276;0c'],
    ['its name', '\u001b[>q', '\u001bP>|khlone\u001b\\'],
    ['its state', '\u001b[5n', '\u001b[0n'],
    ['the cursor', 'ab\u001b[6n', '\u001b[1;3R'],
    ['the cursor in the last column', `${'x'.repeat(20)}\u001b[6n`, '\u001b[1;20R'],
    ['the cursor within the scroll region', '\u001b[2;4r\u001b[?6h\u001b[2;1H\u001b[6n', '\u001b[2;1R'],
    ['the cursor as DEC asks', 'ab\u001b[?6n', '\u001b[?1;3R'],
    ['a mode', '\u001b[?2004h\u001b[?2004$p', '\u001b[?2004;1$y'],
    ['its size', '\u001b[18t', '\u001b[8;5;20t'],
    ['the colour of text', '\u001b]10;?\u0007', '\u001b]10;rgb:e5e5/e5e5/e5e5\u001b\\'],
    ['the colour behind it', '\u001b]11;?\u001b\\', '\u001b]11;rgb:0000/0000/0000\u001b\\'],
    [
      'a colour that was set',
      '\u001b]11;#102030\u0007\u001b]11;?\u0007',
      '\u001b]11;rgb:1010/2020/3030\u001b\\',
    ],
    ['a capability by name', '\u001bP+q524742\u001b\\', '\u001bP0+r\u001b\\'],
    ['the scroll region', '\u001bP$qr\u001b\\', '\u001bP1$r1;5r\u001b\\'],
  ])('about %s are answered', (_what, question, answer) => {
    expect(new Followed().feed(question).replies.map(({ data }) => data)).toEqual([answer]);
  });

  it('about a keyboard that it does not have are not, so that the next answer says so', () => {
    expect(new Followed().feed('\u001b[?u\u001b[c').replies.map(({ data }) => data)).toEqual([
      '\u001b[?1;2c',
    ]);
  });

  it('are answered once each, in order, with the offset of the piece they were in', () => {
    const screen = new Followed().feed('\u001b[5n').feed('x\u001b[6n\u001b[').feed('c');
    expect(screen.replies).toEqual([
      { offset: 0, data: '\u001b[0n' },
      { offset: 4, data: '\u001b[1;2R' },
      { offset: 11, data: '\u001b[?1;2c' },
    ]);
  });
});

describe('patterns of prompts', () => {
  it.each(['^\\$ ?$', '(?<=x)y', '❯'])('%s is one', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
  });

  it.each(['', '(', '[z-a]', 'x'.repeat(1001)])('%j is none, and says why', (pattern) => {
    expect(patternProblem(pattern)).toMatch(/\w/);
    expect(matchesInTime(pattern, 'x')).toBe(false);
  });

  it('match or not', () => {
    expect(matchesInTime('^\\$$', '$')).toBe(true);
    expect(matchesInTime('^\\$$', '# $')).toBe(false);
  });

  it('that take for ever do not match', () => {
    expect(matchesInTime('^(a+)+$', `${'a'.repeat(60)}!`)).toBe(false);
    expect(matchesInTime('^a+!$', `${'a'.repeat(60)}!`)).toBe(true);
  });
});
