import type { Approval } from '../../client/generated/types.js';
import { approvalTitle } from './answer.js';
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
      { title: 'CLONE', drop: 3 },
      { title: 'STATUS', drop: 1 },
      { title: 'AGE', align: 'right', drop: 2 },
      { title: 'WHAT', shrinkTo: 16 },
    ],
    rows: approvals.map((approval) => [
      { text: approval.id, paint: style.bold },
      approval.clone,
      { text: approval.status, paint: approval.status === 'pending' ? style.yellow : style.dim },
      formatAge(approval.requestedAt, now),
      approvalTitle(approval),
    ]),
  });
}

/** How an approval is announced, on one line: `mechanic.1 wants: Write: a.txt`, `mechanic.1 asks: Which colour?`. */
export function renderApprovalHeading(approval: Approval): string {
  const { clone, kind, questions = [] } = approval;
  if (kind === 'budget') return `${clone} is paused: ${approvalTitle(approval)}`;
  if (kind !== 'question') return `${clone} wants: ${approvalTitle(approval)}`;
  return questions.length > 1
    ? `${clone} asks ${questions.length} questions:`
    : `${clone} asks: ${approvalTitle(approval)}`;
}

/**
 * What exactly is to be decided, below its heading: a tool's input as far as it fits, or the options. The title
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
  return approval.kind === 'question' ? questionLines(approval, style) : inputLines(approval, style);
}

function questionLines({ questions = [] }: Approval, style: Style): string[] {
  return questions.flatMap((question, index) => {
    const several = question.multiSelect ? style.dim('(several, with commas)') : '';
    const words = questions.length > 1 ? [`${index + 1})`, oneLine(question.question)] : [];
    const lead = [...words, several].filter((part) => part !== '').join(' ');
    return [
      ...(lead === '' ? [] : [`    ${lead}`]),
      ...question.options.map(({ label, description }, at) => {
        const about = description === undefined ? '' : style.dim(`  ${oneLine(description)}`);
        return `      ${at + 1}. ${oneLine(label)}${about}`;
      }),
    ];
  });
}

function inputLines({ tool, title, input = {} }: Approval, style: Style): string[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const text = sanitize(typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? ''));
    // Only where the title says the very same, whole, is it not said again.
    if (tool !== undefined && oneLine(title) === `${oneLine(tool)}: ${text}`) return [];
    const [first = '', ...rest] = text.replace(/\n$/, '').split('\n');
    return [`    ${style.dim(`${oneLine(name)}:`)} ${first}`, ...rest.map((line) => `      ${line}`)];
  });
}

/** One line on how an approval ended; without its title where that stands just above. */
export function renderResolved(approval: Approval, style: Style, { titled = true } = {}): string {
  const title = titled ? ` ${approvalTitle(approval)}` : '';
  const because = approval.message === undefined ? '' : `: ${oneLine(approval.message)}`;
  switch (approval.status) {
    case 'allowed':
      if (approval.kind === 'question') {
        const answers = Object.values(approval.answers ?? {}).map(oneLine);
        return `${style.green('answered:')} ${answers.join(', ')}`;
      }
      return `${style.green(approval.decision === 'allowAlways' ? 'allowed always' : 'allowed')}${title}`;
    case 'denied':
      return `${style.red('denied')}${title}${because}`;
    case 'expired':
      return `${style.red('denied by its deadline')}${title}`;
    case 'withdrawn':
      return `${style.dim('no longer asked')}${title}`;
    default:
      return `${oneLine(approval.status)}${title}`;
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
      ['title', approvalTitle(approval)],
      // The tool by which a brain asks is its own affair.
      ['tool', approval.kind === 'question' ? undefined : approval.tool],
      ['asked', formatTime(approval.requestedAt)],
      [
        'denied at',
        approval.status === 'pending' && approval.deadlineAt !== undefined
          ? formatTime(approval.deadlineAt)
          : undefined,
      ],
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
