import type { Clone } from '../../client/generated/types.js';
import { shellWord } from './answer.js';
import { sentence } from './sanitize.js';
import type { Paint, Style } from './style.js';
import { wrap } from './width.js';

/** Where a note goes. */
export interface StallView {
  readonly style: Style;
  readonly columns?: number | undefined;
}

/** Whether a clone takes no task until somebody does something about it. */
export function isStalled({ status, error, missing = [] }: Clone): boolean {
  return missing.length > 0 || (status === 'failed' && error !== undefined);
}

/** Why a clone takes no task, and what to do about it. */
export function renderStall(clone: Clone, { style, columns }: StallView): string {
  const { name, status, error, missing = [] } = clone;
  const note = (why: string, paint: Paint, next: string): string =>
    [...wrap(why, columns, '  ').map(paint), ...wrap(`  next: ${next}`, columns, '    ')]
      .map((line) => `${line}\n`)
      .join('');
  if (status === 'failed' && error !== undefined) {
    const why = sentence(error.message);
    const named = why.startsWith(name) ? why : `${name}: ${why}`;
    return note(`${style.symbols.failed} ${named}`, style.red, `mend that, then khlone interrupt ${name}`);
  }
  const names = missing.map(shellWord);
  const options = names.map((variable) => ` --env ${variable}`).join('');
  return note(`! ${name} waits for ${names.join(', ')}`, style.yellow, `khlone update ${name}${options}`);
}
