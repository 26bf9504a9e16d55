import type { Approval, ApprovalRespondParams, Khlone, Question } from '../client/index.js';
import { isKhloneError } from '../client/index.js';
import type { Output } from './output.js';
import type { Prompter } from './prompter.js';
import { renderApprovalHelp } from './render/answer.js';
import { sentence } from './render/sanitize.js';

type Answer = Pick<ApprovalRespondParams, 'decision' | 'message' | 'answers'>;

/** What it takes to have a user decide. */
export interface DecideRequest {
  readonly khlone: Khlone;
  readonly out: Output;
  readonly prompter: Prompter;
  /** Aborted when the approval is decided elsewhere. */
  readonly signal: AbortSignal;
}

/** Asks the user at the terminal and sends the answer. Another client may be first: then that one counts. */
export async function decide(approval: Approval, request: DecideRequest): Promise<void> {
  const { khlone, out, prompter, signal } = request;
  const answer =
    approval.kind === 'question'
      ? await askQuestions(approval.questions ?? [], prompter, signal)
      : await askPermission(prompter, signal);
  if (answer === undefined) {
    if (!signal.aborted) out.note(`  answer later: ${renderApprovalHelp(approval)}\n`);
    return;
  }
  try {
    await khlone.approval.respond({ approval: approval.id, ...answer });
  } catch (error) {
    if (!isKhloneError(error, 'approvalResolved')) throw error;
    out.note(`  ${sentence(error.message)}\n`);
  }
}

async function askPermission(prompter: Prompter, signal: AbortSignal): Promise<Answer | undefined> {
  for (;;) {
    const line = await prompter.ask('    allow it? [y]es, [n]o (and why), [a]lways: ', signal);
    if (line === undefined) return undefined;
    const answer = parsePermission(line);
    if (answer !== undefined) return answer;
  }
}

/** Reads `y`, `a`, `n` or `n because of this`; undefined for anything else. */
export function parsePermission(line: string): Answer | undefined {
  const [, word = '', rest = ''] = /^(\w+)[\s,:]*(.*)$/s.exec(line.trim()) ?? [];
  switch (word.toLowerCase()) {
    case 'y':
    case 'yes':
      return rest === '' ? { decision: 'allow' } : undefined;
    case 'a':
    case 'always':
      return rest === '' ? { decision: 'allowAlways' } : undefined;
    case 'n':
    case 'no':
      return rest === '' ? { decision: 'deny' } : { decision: 'deny', message: rest };
    default:
      return undefined;
  }
}

async function askQuestions(
  questions: readonly Question[],
  prompter: Prompter,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const answers: Record<string, string> = {};
  for (const [at, question] of questions.entries()) {
    // The questions themselves stand above, with their options.
    const which = questions.length > 1 ? ` ${at + 1} of ${questions.length}` : '';
    const line = await askOne(
      `    answer${which} (a number, words of your own, or /deny): `,
      prompter,
      signal,
    );
    if (line === undefined) return undefined;
    if (line === '/deny') return { decision: 'deny' };
    answers[question.question] = parseChoiceOf(question, line);
  }
  return { decision: 'allow', answers };
}

async function askOne(text: string, prompter: Prompter, signal: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const line = await prompter.ask(text, signal);
    if (line === undefined || line !== '') return line;
  }
}

/** Turns numbers of options into their labels; several, with commas, where the question takes several. */
export function parseChoiceOf(question: Question, line: string): string {
  const words = question.multiSelect ? line.split(',').map((word) => word.trim()) : [line.trim()];
  const labels = words.map((word) =>
    /^\d+$/.test(word) ? question.options[Number(word) - 1]?.label : undefined,
  );
  return labels.every((label) => label !== undefined) ? labels.join(', ') : line.trim();
}
