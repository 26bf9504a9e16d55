import type { Gap } from '../../client/index.js';

/** What a reader is told whose place the history does not hold. */
export function renderGap({ from, to }: Gap): string {
  return to.seq < from.seq
    ? '  That place is not of this history: it is shown from its start.\n'
    : `  The history before ${to.epoch}:${to.seq} is no longer kept.\n`;
}
