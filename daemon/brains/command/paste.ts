const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

/** Longest line that a terminal takes which hands whole lines to its program (N_TTY_BUF_SIZE less the line's end). */
export const maxCookedBytes = 4_095;

/**
 * Text as a person pastes it: in brackets where the program asked for them. What could end the paste early or press
 * keys is taken out of it, and line ends are what Enter sends.
 */
export function pasteOf(text: string, bracketed: boolean): string {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  // eslint-disable-next-line no-control-regex
  const typed = lines.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '').replaceAll('\n', '\r');
  return bracketed ? `${pasteStart}${typed}${pasteEnd}` : typed;
}
