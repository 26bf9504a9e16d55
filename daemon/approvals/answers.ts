import { fail } from '../../protocol/fail.js';
import type { Approval } from '../../protocol/shapes/approval.js';
import type { ApprovalRequest } from '../brains/contract.js';
import type { Response } from './desk.js';

/**
 * Checks that an answer fits what was asked: a question that is allowed needs an answer to each of
 * its questions, a tool takes none.
 * @throws invalidParams with the path of each bad member.
 */
export function checkAnswers(approval: Approval, response: Response): void {
  const answers = response.answers ?? {};
  const issues: { path: string; message: string }[] = [];
  if (approval.kind === 'tool' || response.decision === 'deny') {
    if (Object.keys(answers).length > 0)
      issues.push({ path: 'answers', message: 'only a question that is allowed takes answers' });
  } else {
    const asked = new Set(approval.questions?.map((question) => question.question));
    for (const question of Object.keys(answers)) {
      if (!asked.has(question))
        issues.push({ path: `answers[${JSON.stringify(question)}]`, message: 'was not asked' });
    }
    for (const question of asked) {
      if (!Object.hasOwn(answers, question))
        issues.push({ path: `answers[${JSON.stringify(question)}]`, message: 'needs an answer' });
    }
  }
  if (issues.length > 0) {
    const summary = issues.map((issue) => `${issue.path} ${issue.message}`).join('; ');
    throw fail('invalidParams', { summary, issues });
  }
}

/** The answers by the questions as the brain put them, which may hold what is not shown to clients. */
export function answersAsAsked(
  request: ApprovalRequest,
  approval: Approval,
  response: Response,
): Response['answers'] {
  if (request.kind === 'tool' || !response.answers) return response.answers;
  const given = response.answers;
  return Object.fromEntries(
    request.questions.map(({ question }, index) => {
      const shown = approval.questions?.[index]?.question ?? question;
      return [question, given[shown] ?? ''];
    }),
  );
}
