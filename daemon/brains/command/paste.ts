const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

/** Longest line that a terminal takes which hands whole lines to its program (N_TTY_BUF_SIZE less the line's end). */
export const maxCookedBytes = 4_095;

/** The lines of a text as they are typed: without what presses keys, and without one line end at its end. */
export function typedLines(text: string): string[] {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  // eslint-disable-next-line no-control-regex
  return lines.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '').split('\n');
}

/**
 * Text as a person pastes it: in brackets where the program asked for them, with line ends as Enter sends them.
 */
export function pasteOf(text: string, bracketed: boolean): string {
  const typed = typedLines(text).join('\r');
  return bracketed ? `${pasteStart}${typed}${pasteEnd}` : typed;
}
