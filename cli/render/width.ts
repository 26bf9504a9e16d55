/**
 * Blocks whose characters take two columns (East Asian Width W and F, Unicode 15) apart from emoji, which have
 * a property of their own in regular expressions.
 */
const wideBlocks: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cd5],
  [0x18d00, 0x18d08],
  [0x1aff0, 0x1b2fb],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
const emoji = /^\p{Emoji_Presentation}/u;
/** A pictograph made an emoji by a variation selector, or a keycap. */
const selected = /^(?:\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f?\u20e3)/u;

let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): Iterable<{ segment: string }> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function graphemeWidth(grapheme: string): 0 | 1 | 2 {
  if (emoji.test(grapheme) || selected.test(grapheme)) return 2;
  if (zeroWidth.test(grapheme)) return 0;
  const code = grapheme.codePointAt(0) ?? 0;
  return wideBlocks.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Latin text, general punctuation and box drawing: a column a character, no need to look for graphemes. */
const plain =
  /^[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc\u2713\u2717]*$/;

/** Columns that text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

/** Cuts text to at most so many columns, never through a character; `ellipsis` ends what was cut. */
export function truncate(text: string, columns: number, ellipsis: string): string {
  if (textWidth(text) <= columns) return text;
  const room = columns - textWidth(ellipsis);
  if (room <= 0) return ellipsis.slice(0, Math.max(columns, 0));
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes(text)) {
    width += graphemeWidth(segment);
    if (width > room) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

/**
 * Breaks text between words into lines that fit; those after the first begin with `indent`. A word that is too long
 * by itself, such as a path, stays whole. Without `columns` it is one line.
 */
export function wrap(text: string, columns: number | undefined, indent: string): string[] {
  if (columns === undefined || textWidth(text) <= columns) return [text];
  const [, margin = '', body = ''] = /^(\s*)(.*)$/s.exec(text) ?? [];
  const lines: string[] = [];
  let line = margin;
  let begun = false;
  for (const word of body.split(' ')) {
    if (begun && textWidth(`${line} ${word}`) > columns) {
      lines.push(line);
      line = indent + word;
    } else line += begun ? ` ${word}` : word;
    begun = true;
  }
  return [...lines, line];
}
