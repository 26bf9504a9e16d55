import { describe, expect, it } from 'vitest';
import type { ScreenText, Snapshot } from '../../../../../daemon/streams/contract.js';
import { defaultRpcLimits } from '../../../../../daemon/rpc/limits.js';
import { HeadlessScreen } from '../../../../../daemon/streams/screen/headlessScreen.js';

const size = { cols: 20, rows: 6 };
const mostTimes = 2 ** 31 - 1;

function fed(data: string, of = size): HeadlessScreen {
  const screen = new HeadlessScreen({ size: of, offset: 0 }, () => undefined);
  screen.feed(0, Buffer.from(data));
  return screen;
}

const snapshotOf = (screen: HeadlessScreen, scrollback = 100): Snapshot =>
  screen.answer({ type: 'snapshot', scrollback }) as Snapshot;
const textOf = (screen: HeadlessScreen, scrollback = 0): string =>
  (screen.answer({ type: 'text', scrollback, ansi: false }) as ScreenText).text;

describe('what a program wants done two thousand million times', () => {
  const filled = `top\r\n\r\nhere\r\n\r\n\r\nend\u001b[3;1H`;

  it.each([
    ['lines inserted', 'L', 'top'],
    ['lines deleted', 'M', 'top'],
    ['lines scrolled up', 'S', ''],
    ['lines scrolled down', 'T', ''],
  ])('is done as often as makes a difference: %s', (_what, final, text) => {
    expect(textOf(fed(`${filled}\u001b[${mostTimes}${final}`))).toBe(text);
  });

  it.each([
    ['tabs forward', 'I', 19],
    ['tabs back', 'Z', 0],
  ])('is done as often as makes a difference: %s', (_what, final, x) => {
    const screen = fed(`${filled}\u001b[3;9H\u001b[${mostTimes}${final}`);
    expect(screen.answer({ type: 'text', scrollback: 0, ansi: false })).toMatchObject({ cursor: { x } });
  });

  it('fills the screen with a character, and no more', () => {
    const text = textOf(fed(`x\u001b[${mostTimes}b`), 1000);
    expect(text.replaceAll('\n', '')).toBe('x'.repeat(1 + size.cols * size.rows));
  });
});

describe('what a program leaves with a screen for good is bounded', () => {
  it('in its title', () => {
    for (const kind of [0, 2]) {
      const { title, data } = snapshotOf(fed(`\u001b]${kind};${'t'.repeat(1_000_000)}\u0007`));
      expect(title).toBe('t'.repeat(1024));
      expect(data.length).toBeLessThan(2000);
    }
  });

  it('in its links, of which one too long is none', () => {
    const link = (length: number): string => `\u001b]8;;http://localhost/${'l'.repeat(length)}\u0007`;
    const { data } = snapshotOf(fed(`${link(1)}a${link(1_000_000)}b${link(2)}c`));
    expect(data.replaceAll('\u001b', '^')).toMatch(/localhost\/l\^\\a\^[^l]*b[^b]*localhost\/ll\^\\c/);
    expect(data.length).toBeLessThan(500);
  });

  it('in the marks on one character, and anew on the next in its place', () => {
    const marked = (letter: string, marks: number): string => letter + '\u0301'.repeat(marks);
    const screen = fed(marked('a', 100_000));
    expect(textOf(screen)).toBe(marked('a', 63));
    screen.feed(screen.offset, Buffer.from(`\r${marked('e', 2)}`));
    expect(textOf(screen)).toBe(marked('e', 2));
  });
});

describe('a screen that takes more to draw than fits a message', () => {
  const { bodyBytes, overflowBytes, pressureBytes } = defaultRpcLimits.outbound;
  const longest = Math.min(bodyBytes, overflowBytes - pressureBytes);
  /** So many rows, each with its number first and a long link of its own in each cell. */
  const rows = (count: number): string =>
    Array.from({ length: count }, (_, y) => {
      const cells = Array.from(Array(30).keys(), (x) => `\u001b]8;;${y}/${x}/${'l'.repeat(2000)}\u001b\\x`);
      return `\u001b]8;;\u001b\\${String(y).padStart(6, '0')}${cells.join('')}`;
    }).join('\r\n');

  it('is drawn with as many of the lines above it as fit', () => {
    const { data } = snapshotOf(fed(rows(100), { cols: 36, rows: 5 }), 10_000);
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(longest);
    expect(data.length).toBeGreaterThan(1_000_000);
    // Down to the last of them.
    expect(data.includes('000099')).toBe(true);
    expect(data.includes('000001')).toBe(false);
  });

  it('is drawn as far as that goes where it is too much alone, the alternate one too', () => {
    for (const before of ['', `${rows(60)}\u001b[?1049h\u001b[H`]) {
      const { data } = snapshotOf(fed(`${before}${rows(60)}`, { cols: 36, rows: 60 }), 10_000);
      expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(longest);
      expect(data.length).toBeGreaterThan(2_300_000);
      expect(data.split('000000').length).toBe(before === '' ? 2 : 3);
      expect(data.includes('000059')).toBe(false);
    }
  });

  it('is not drawn any further as text than what is refused as too long', () => {
    const screen = fed(rows(200), { cols: 36, rows: 5 });
    const { ansi = '' } = screen.answer({ type: 'text', scrollback: 10_000, ansi: true }) as ScreenText;
    expect(ansi.length).toBeGreaterThan(bodyBytes);
    expect(ansi.length).toBeLessThan(bodyBytes + 100_000);
  });
});
