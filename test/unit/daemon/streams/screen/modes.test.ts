import { describe, expect, it } from 'vitest';
import type { ScreenReply, ScreenText, Snapshot } from '../../../../../daemon/streams/contract.js';
import { HeadlessScreen } from '../../../../../daemon/streams/screen/headlessScreen.js';

const size = { cols: 20, rows: 6 };

class Followed {
  readonly replies: ScreenReply[] = [];
  readonly screen = new HeadlessScreen({ size, offset: 0 }, (reply) => this.replies.push(reply));

  feed(data: string | Uint8Array): this {
    this.screen.feed(this.screen.offset, Buffer.from(data as string));
    return this;
  }

  get snapshot(): Snapshot {
    return this.screen.answer({ type: 'snapshot', scrollback: 100 }) as Snapshot;
  }

  get text(): ScreenText {
    return this.screen.answer({ type: 'text', scrollback: 0, ansi: true }) as ScreenText;
  }

  /** The same, drawn on another one. */
  get again(): Followed {
    return new Followed().feed(this.snapshot.data);
  }
}

const after = (data: string): Snapshot => new Followed().feed(data).snapshot;

describe('a snapshot sets', () => {
  it.each([
    ['nothing on a new terminal', '', '\u001b[1;1H'],
    ['a hidden cursor', '\u001b[?25l', '\u001b[?25l\u001b[1;1H'],
    [
      'mouse tracking with its encoding',
      '\u001b[?1002h\u001b[?1006h',
      '\u001b[?1002h\u001b[?1006h\u001b[1;1H',
    ],
    ['mouse encoding in pixels', '\u001b[?1003h\u001b[?1016h', '\u001b[?1003h\u001b[?1016h\u001b[1;1H'],
    ['bracketed paste and focus events', '\u001b[?2004;1004h', '\u001b[?2004h\u001b[?1004h\u001b[1;1H'],
    ['application keys', '\u001b[?1h\u001b=', '\u001b[?1h\u001b=\u001b[1;1H'],
    ['the shape of the cursor', '\u001b[5 q', '\u001b[5 q\u001b[1;1H'],
    ['a steady shape of the cursor', '\u001b[4 q', '\u001b[4 q\u001b[1;1H'],
    ['the scroll region, and then the cursor', '\u001b[2;4r\u001b[3;5H', '\u001b[2;4r\u001b[3;5H'],
    [
      'places within the scroll region',
      '\u001b[2;4r\u001b[?6h\u001b[2;3H',
      '\u001b[2;4r\u001b[?6h\u001b[2;3H',
    ],
    ['no autowrap', '\u001b[?7l', '\u001b[?7l\u001b[1;1H'],
    ['insertion', '\u001b[4h', '\u001b[1;1H\u001b[4h'],
    ['line feeds that return', '\u001b[20h', '\u001b[20h\u001b[1;1H'],
    ['the title', '\u001b]0;hello\u0007', '\u001b]2;hello\u001b\\\u001b[1;1H'],
    ['the keyboard of kitty', '\u001b[>1u\u001b[>5u', '\u001b[>1u\u001b[>5u\u001b[1;1H'],
    ['its keyboard without a push', '\u001b[=3;1u\u001b[=1;3u\u001b[=8;2u', '\u001b[=10;1u\u001b[1;1H'],
    ['its keyboard after a pop', '\u001b[>1u\u001b[>5u\u001b[<u', '\u001b[>1u\u001b[1;1H'],
    ['its keyboard after too many pops', '\u001b[>1u\u001b[<7u', '\u001b[1;1H'],
    ['the keys of xterm', '\u001b[>4;2m', '\u001b[>4;2m\u001b[1;1H'],
    ['no keys of xterm once they are off', '\u001b[>4;2m\u001b[>4m', '\u001b[1;1H'],
    ['character sets that are not in use', '\u001b)0', '\u001b)0\u001b[1;1H'],
    ['the character set in use', '\u001b)0\u000e', '\u001b[1;1H\u001b)0\u000e'],
    ['colours', '\u001b]11;#102030\u0007', '\u001b]11;rgb:1010/2020/3030\u001b\\\u001b[1;1H'],
    [
      'a colour of the palette',
      '\u001b]4;1;#102030\u0007',
      '\u001b]4;1;rgb:1010/2020/3030\u001b\\\u001b[1;1H',
    ],
    [
      'no colours once they are restored',
      '\u001b]11;#102030\u0007\u001b]111\u0007\u001b]4;1;#102030\u0007\u001b]104\u0007',
      '\u001b[1;1H',
    ],
  ])('%s', (_what, output, data) => {
    expect(after(output).data).toBe(data);
  });

  it('the cursor beyond the last column', () => {
    const there = new Followed().feed('x'.repeat(20)).again.feed('y');
    expect(there.text.text).toBe(`${'x'.repeat(20)}\ny`);
  });

  it('which lines went on beyond the edge, whatever was erased of them since', () => {
    const there = new Followed().feed(
      `${'x'.repeat(25)}\u001b[1;15H\u001b[K\u001b[2;1H\u001b[2Xab\u001b[3H`,
    ).again;
    there.screen.resize({ cols: 40, rows: 6 });
    expect(there.text.text).toBe(`${'x'.repeat(14)}${' '.repeat(6)}abxxx`);
  });

  it('the alternate screen with the other one behind it, its cursor and style', () => {
    const there = new Followed().feed('one\r\ntwo\u001b[31m\u001b[?1049h\u001b[m\u001b[Hvim').again;
    expect(there.text).toMatchObject({ text: 'vim', alternate: true });
    expect(there.feed('\u001b[?1049l!').text).toMatchObject({
      text: 'one\ntwo!',
      ansi: 'one\ntwo\u001b[0;31m!\u001b[m',
      alternate: false,
    });
  });

  it('a keyboard for each screen', () => {
    const there = new Followed().feed('\u001b[>1u\u001b[?1049h\u001b[>8u').again;
    expect(there.snapshot.data).toContain('\u001b[>8u');
    expect(there.feed('\u001b[?1049l').snapshot.data).toBe('\u001b[>1u\u001b[1;1H');
  });

  it('the style that text is written in', () => {
    const style = '\u001b[1;4:3;58:5:9;38;2;1;2;3m';
    expect(new Followed().feed(style).again.feed('x').text.ansi).toBe(
      '\u001b[0;1;4:3;38;2;1;2;3;58:5:9mx\u001b[m',
    );
  });

  it('links, each as one', () => {
    const link = '\u001b]8;;http://localhost/a\u001b\\';
    const data = after(`${link}this is a long link that goes on\u001b]8;;\u001b\\ end`).data;
    expect(data.split('\u001b]8;id=khlone-1;http://localhost/a')).toHaveLength(2);
    expect(data).toContain('\u001b]8;;\u001b\\ end');
  });

  it.each(['\u001bc', '\u001b[!p'])('nothing of it after a reset by %j', (reset) => {
    const all =
      '\u001b[?25l\u001b[?1h\u001b=\u001b[?2004h\u001b[?1004h\u001b[5 q\u001b[2;4r\u001b[?6h\u001b[4h\u001b[31m\u001b(0';
    expect(after(`${all}${reset}\u001b[H`).data).toBe('\u001b[1;1H');
  });

  it('after a full reset neither mouse, keyboards nor colours', () => {
    const all =
      '\u001b[?1003h\u001b[?1006h\u001b[>1u\u001b[>4;2m\u001b]11;#102030\u0007\u001b[20h\u001b[?12h\u001b[?1049h';
    expect(after(`${all}\u001bc`).data).toBe('\u001b[1;1H');
  });

  it('its title beside the data, too', () => {
    expect(after('\u001b]0;hello\u0007').title).toBe('hello');
    expect(after('')).not.toHaveProperty('title');
  });
});

describe('a snapshot is of all that is whole', () => {
  it.each([
    ['a character', 'ab', 'é'],
    ['a character of four bytes', 'ab', '👍'],
    ['a sequence', 'ab', '\u001b[31m'],
    ['a title', 'ab', '\u001b]0;title\u0007'],
    ['a title that is ended by another sequence', 'ab', '\u001b]0;title\u001b\\'.slice(0, -1)],
    ['a sequence with the control character of eight bits', 'ab', '\u009b31m'],
    ['a string for the device', 'ab', '\u001bP+q544e\u001b\\'],
  ])('%s that is cut anywhere begins after it', (_what, before, piece) => {
    const bytes = Buffer.from(before + piece);
    for (let cut = before.length + 1; cut < bytes.length; cut++) {
      const screen = new Followed();
      // Byte by byte too: then nothing is left of the beginning when the end is looked at.
      for (const byte of bytes.subarray(0, cut)) screen.feed(Uint8Array.of(byte));
      const { offset } = screen.snapshot;
      const opened = cut > before.length + 1 && bytes[cut - 1] === 0x1b ? cut - 1 : before.length;
      expect(offset).toBe(opened);
      expect(new Followed().feed(bytes.subarray(0, cut)).snapshot.offset).toBe(opened);
    }
  });

  it.each([
    ['a title', '\u001b]0;', '\u0007'],
    ['a string for the device', '\u001bPq', '\u001b\\'],
    ['a string for nobody', '\u001b_', '\u001b\\'],
  ])('%s of more than 1 MiB is left out, as its beginning may be kept no longer', (_what, opener, end) => {
    const screen = new Followed().feed(`ab${opener}${'q'.repeat(1024 * 1024 - opener.length)}`);
    expect(screen.snapshot.offset).toBe(2);
    const { offset } = screen.feed('q').screen;
    expect(screen.snapshot.offset).toBe(offset);
    expect(screen.again.feed(`qqq${end}cd`).text.text).toBe('abcd');
  });

  it('starts anew where bytes are missing, and is in no sequence any more', () => {
    const screen = new Followed().feed('old\u001b[31m\u001b[?25l\u001b[2;3r\u001b]0;ti');
    screen.screen.feed(1000, Buffer.from('new'));
    expect(screen.snapshot).toEqual({
      cols: 20,
      rows: 6,
      offset: 1003,
      data: expect.stringMatching(/^new/) as string,
    });
    expect(screen.text).toMatchObject({ text: 'new', ansi: 'new', cursor: { x: 3, y: 0, visible: true } });
  });
});
