import type { Approval } from '../../client/generated/types.js';
import { oneLine } from './sanitize.js';
import { textWidth } from './width.js';

/** A word as a shell takes it for itself: what brains say must never be run by whoever copies a command. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What an approval is about, on one line: the questions themselves, or what the tool would do. */
export function approvalTitle({ kind, title, questions = [] }: Approval): string {
  if (kind !== 'question' || questions.length === 0) return oneLine(title);
  return questions.map(({ question }) => oneLine(question)).join(' / ');
}

/** The commands that allow and deny; each question of an approval gets an answer to begin with. */
function answerCommands({ id, questions = [] }: Approval): { approve: string; deny: string } {
  const answers = questions.map(({ question, options }) => {
    const answer = `${oneLine(question)}=${oneLine(options[0]?.label ?? 'your words')}`;
    return ` --answer ${shellWord(answer)}`;
  });
  return { approve: `khlone approve ${id}${answers.join('')}`, deny: `khlone deny ${id}` };
}

/** How to answer from a shell, on one line. */
export function renderApprovalHelp(approval: Approval): string {
  const { approve, deny } = answerCommands(approval);
  return `${approve}  or  ${deny}`;
}

/** Where the next steps of an approval go. */
export interface AnswerView {
  readonly columns?: number | undefined;
  /** Whether a command that is too long for its line may be left to `khlone approvals`. */
  readonly brief?: boolean;
}

/** The next steps of an approval, on a line or on two. */
export function renderAnswer(approval: Approval, { columns, brief = false }: AnswerView): string {
  const room = columns ?? Number.POSITIVE_INFINITY;
  const { approve, deny } = answerCommands(approval);
  const whole = `  next: ${approve}  or  ${deny}\n`;
  if (textWidth(whole.trimEnd()) <= room) return whole;
  if (brief && textWidth(`  next: ${approve}`) > room) return `  next: khlone approvals ${approval.id}\n`;
  return `  next: ${approve}\n    or  ${deny}\n`;
}
