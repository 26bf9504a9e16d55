import { Bg, Colour, Fg, type Attributes } from './core.js';

/** Underline colour after SGR 59, which @xterm/headless cannot tell from white. */
const noUnderlineColour = Colour.all;

type Kind = 'text' | 'background';

/** First SGR parameters of colours: of the first eight, of the bright eight, and of all others. */
const kinds = {
  text: { plain: 30, bright: 90, long: 38 },
  background: { plain: 40, bright: 100, long: 48 },
} as const;

function colour(packed: number, kind: Kind): string[] {
  const { plain: first, bright, long } = kinds[kind];
  const value = packed & 0xffffff;
  // A colour of a palette leaves bits of the one before it above its own eight.
  const index = packed & 0xff;
  switch (packed & Colour.mode) {
    case 0:
      return [];
    case Colour.palette16:
      return [String(index < 8 ? first + index : bright + (index & 7))];
    case Colour.palette256:
      return [`${long};5;${index}`];
    default:
      return [`${long};2;${(value >>> 16) & 0xff};${(value >>> 8) & 0xff};${value & 0xff}`];
  }
}

function underlineColour(ext: number): string[] {
  const packed = ext & Colour.all;
  if ((packed & Colour.mode) === 0 || packed === noUnderlineColour) return [];
  const value = packed & 0xffffff;
  if ((packed & Colour.mode) !== Colour.mode) return [`58:5:${value & 0xff}`];
  return [`58:2::${(value >>> 16) & 0xff}:${(value >>> 8) & 0xff}:${value & 0xff}`];
}

function underline(ext: number): string {
  const style = (ext >>> 26) & 7;
  return style > 1 ? `4:${style}` : '4';
}

/** The escape sequence that sets exactly this style, whatever was set before. */
export function sgr(attributes: Attributes): string {
  const { fg, bg } = attributes;
  const ext = attributes.extended._ext;
  const codes = ['0'];
  if (fg & Fg.bold) codes.push('1');
  if (bg & Bg.dim) codes.push('2');
  if (bg & Bg.italic) codes.push('3');
  if (fg & Fg.underline) codes.push(underline(ext));
  if (fg & Fg.blink) codes.push('5');
  if (fg & Fg.inverse) codes.push('7');
  if (fg & Fg.invisible) codes.push('8');
  if (fg & Fg.strikethrough) codes.push('9');
  if (bg & Bg.overline) codes.push('53');
  codes.push(...colour(fg, 'text'), ...colour(bg, 'background'), ...underlineColour(ext));
  return codes.length === 1 ? '\u001b[m' : `\u001b[${codes.join(';')}m`;
}

/** The style of a blank that has nothing but this one's background. */
export function backgroundOf(attributes: Attributes): Attributes {
  return { fg: 0, bg: attributes.bg & Colour.all, extended: plain.extended };
}

/** No colour, no style. */
export const plain: Attributes = { fg: 0, bg: 0, extended: { _ext: 0, urlId: 0 } };

const seenOnBlanks = Fg.inverse | Fg.underline | Fg.strikethrough;

/** Whether a blank in this style shows more than its background. */
export function showsOnBlank(attributes: Attributes): boolean {
  return (
    (attributes.fg & seenOnBlanks) !== 0 ||
    (attributes.bg & Bg.overline) !== 0 ||
    ((attributes.bg & Bg.extended) !== 0 && attributes.extended.urlId !== 0)
  );
}

/** Whether two cells are drawn in the same style and link. */
export function sameStyle(a: Attributes, b: Attributes): boolean {
  const visible = ~0x20000000;
  if (a.fg !== b.fg || (a.bg & visible) !== (b.bg & visible)) return false;
  if ((a.bg & Bg.extended) === 0) return true;
  return a.extended._ext === b.extended._ext && a.extended.urlId === b.extended.urlId;
}
