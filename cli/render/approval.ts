import type { Approval } from '../../client/generated/types.js';
import { formatAge, formatTime } from './format.js';
import { oneLine, sanitize } from './sanitize.js';
import type { Style } from './style.js';
import { renderFields, renderTable } from './table.js';

/** Most lines and characters of a tool's input that are shown before it is cut. */
const shownLines = 40;
const shownCharacters = 4000;

/** Where a list of approvals goes. */
export interface ApprovalsView {
  readonly style: Style;
  readonly now: number;
  readonly columns?: number | undefined;
}

/** The approvals as a table. */
export function renderApprovals(
  approvals: readonly Approval[],
  { style, now, columns }: ApprovalsView,
): string {
  if (approvals.length === 0) return `${style.dim('No approval waits.')}\n`;
  return renderTable({
    style,
    columns,
    head: [
      { title: 'APPROVAL' },
      { title: 'CLONE' },
      { title: 'STATUS' },
      { title: 'AGE', align: 'right' },
      { title: 'WHAT', shrinkTo: 12 },
    ],
    rows: approvals.map((approval) => [
      { text: approval.id, paint: style.bold },
      approval.clone,
      { text: approval.status, paint: approval.status === 'pending' ? style.yellow : style.dim },
      formatAge(approval.requestedAt, now),
      approval.title,
    ]),
  });
}

/**
 * What exactly is to be decided: a tool's input as far as it fits, or the questions with their options. The title
 * alone may be the brain's own words, so it is no ground for a decision.
 */
export function renderApprovalDetail(approval: Approval, style: Style): string {
  let shown = '';
  for (const [at, line] of detailLines(approval, style).entries()) {
    if (at >= shownLines || shown.length + line.length > shownCharacters) {
      const more = `${style.symbols.ellipsis} cut here; all of it: khlone approvals ${approval.id}`;
      return `${shown}    ${style.yellow(more)}\n`;
    }
    shown += `${line}\n`;
  }
  return shown;
}

function detailLines(approval: Approval, style: Style): string[] {
  if (approval.kind === 'question') {
    return (approval.questions ?? []).flatMap((question) => [
      `    ${oneLine(question.question)}${question.multiSelect ? style.dim(' (several, with commas)') : ''}`,
      ...question.options.map(({ label, description }, at) => {
        const about = description === undefined ? '' : style.dim(`  ${oneLine(description)}`);
        return `      ${at + 1}. ${oneLine(label)}${about}`;
      }),
    ]);
  }
  return Object.entries(approval.input ?? {}).flatMap(([name, value]) => {
    const text = sanitize(typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? ''));
    const [first = '', ...rest] = text.replace(/\n$/, '').split('\n');
    return [`    ${style.dim(`${oneLine(name)}:`)} ${first}`, ...rest.map((line) => `      ${line}`)];
  });
}

/** How to answer from a shell. */
export function renderApprovalHelp(approval: Approval): string {
  const [question] = approval.questions ?? [];
  const answer =
    question === undefined
      ? ''
      : ` --answer ${JSON.stringify(`${oneLine(question.question)}=${oneLine(question.options[0]?.label ?? 'your words')}`)}`;
  return `khlone approve ${approval.id}${answer}  or  khlone deny ${approval.id}`;
}

/** One line on how an approval ended. */
export function renderResolved(approval: Approval, style: Style): string {
  const title = oneLine(approval.title);
  const because = approval.message === undefined ? '' : `: ${oneLine(approval.message)}`;
  switch (approval.status) {
    case 'allowed':
      return `${style.green(approval.decision === 'allowAlways' ? 'allowed always' : 'allowed')} ${title}`;
    case 'denied':
      return `${style.red('denied')} ${title}${because}`;
    case 'expired':
      return `${style.red('denied by its deadline')} ${title}`;
    case 'withdrawn':
      return `${style.dim('no longer asked')} ${title}`;
    default:
      return `${oneLine(approval.status)} ${title}`;
  }
}

/** Everything about one approval, its input uncut. */
export function renderApprovalFull(approval: Approval, style: Style): string {
  const answers = Object.entries(approval.answers ?? {}).map(
    ([question, answer]) => [`answer to ${question}`, answer] as const,
  );
  const fields = renderFields(
    [
      ['approval', approval.id],
      ['clone', approval.clone],
      ['task', approval.task],
      ['status', approval.status],
      ['title', approval.title],
      ['tool', approval.tool],
      ['asked', formatTime(approval.requestedAt)],
      ['denied at', approval.status === 'pending' ? formatTime(approval.deadlineAt) : undefined],
      ['resolved', approval.resolvedAt === undefined ? undefined : formatTime(approval.resolvedAt)],
      ['message', approval.message],
      ...answers,
    ],
    style,
  );
  return `${fields}\n${detailLines(approval, style)
    .map((line) => `${line}\n`)
    .join('')}`;
}
