import type { Clone } from '../../client/generated/types.js';
import { shellWord } from './answer.js';
import { formatDuration, formatTime } from './format.js';
import { sentence } from './sanitize.js';
import type { Paint, Style } from './style.js';
import { wrap } from './width.js';

/** Where a note goes. */
export interface StallView {
  readonly style: Style;
  readonly columns?: number | undefined;
}

/** How often a brain failed lately, and when it is tried again. */
export function backoffText({ failures, nextAt }: NonNullable<Clone['backoff']>, now: number): string {
  const times = failures === 1 ? 'once' : `${failures} times`;
  const left = nextAt === undefined ? 0 : Date.parse(nextAt) - now;
  return left > 0 ? `${times} lately; the next start in ${formatDuration(left)}` : `${times} lately`;
}

/** That a clone waits before it tries again, and how it need not. */
export function renderBackoff({ name, backoff }: Clone, view: StallView & { readonly now: number }): string {
  // Once the time has come there is nothing to wait for.
  if (backoff?.nextAt === undefined || Date.parse(backoff.nextAt) <= view.now) return '';
  const { style, columns, now } = view;
  const why = wrap(`! ${name}: its brain failed ${backoffText(backoff, now)}`, columns, '  ');
  const next = wrap(`  next: wait, or khlone restart ${name}`, columns, '    ');
  return [...why.map(style.yellow), ...next].map((line) => `${line}\n`).join('');
}

/** Why a clone begins none of its tasks for now, where a time and no approval ends that. */
export function renderHold(
  { name, hold }: Clone,
  { style, columns, now }: StallView & { readonly now: number },
): string {
  if (hold?.until === undefined || Date.parse(hold.until) <= now) return '';
  const when = `goes on in ${formatDuration(Date.parse(hold.until) - now)}, at ${formatTime(hold.until)}`;
  const why = wrap(`! ${name} is paused and ${when}: ${sentence(hold.reason)}`, columns, '  ');
  const next = wrap(
    `  next: wait, or khlone restart ${name}, or khlone cancel ${hold.task}`,
    columns,
    '    ',
  );
  return [...why.map(style.yellow), ...next].map((line) => `${line}\n`).join('');
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
    return note(`${style.symbols.failed} ${named}`, style.red, `mend that, then khlone restart ${name}`);
  }
  const names = missing.map(shellWord);
  const options = names.map((variable) => ` --env ${variable}`).join('');
  return note(`! ${name} waits for ${names.join(', ')}`, style.yellow, `khlone update ${name}${options}`);
}

/** What the user should know of a clone, and what to do about it. */
export function renderNotices({ name, notices = [] }: Clone, { style, columns }: StallView): string[] {
  return notices.map(({ message, hint }) => {
    const why = wrap(`! ${name}: ${sentence(message)}`, columns, '  ').map(style.yellow);
    return [...why, ...wrap(`  next: ${sentence(hint)}`, columns, '    ')]
      .map((line) => `${line}\n`)
      .join('');
  });
}

/** That asks run without a sandbox, and how to get one or refuse them. */
export function renderUnguarded(asks: number, { style, columns }: StallView): string {
  const what = asks === 1 ? '1 ask runs' : `${asks} asks run`;
  const why = wrap(`! ${what} without a sandbox`, columns, '  ').map(style.yellow);
  const next = wrap('  next: khlone doctor, or khlone config ask.sandbox require', columns, '    ');
  return [...why, ...next].map((line) => `${line}\n`).join('');
}
