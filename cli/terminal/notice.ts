import type { Size } from '../input.js';
import { oneLine } from '../render/sanitize.js';
import { truncate } from '../render/width.js';

/** Draws a line over the last one of the screen; the cursor stays where it is. The next drawing takes it away. */
export function drawNotice(text: string, { cols, rows }: Size): string {
  const shown = truncate(` ${oneLine(text)} `, cols, '…');
  return `\u001b7\u001b[0;7m\u001b[${rows};1H${shown}\u001b[0m\u001b8`;
}
