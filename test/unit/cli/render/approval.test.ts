import { describe, expect, it } from 'vitest';
import { renderApprovalHelp } from '../../../../cli/render/answer.js';
import {
  renderApprovalDetail,
  renderApprovalFull,
  renderApprovalHeading,
  renderApprovals,
  renderResolved,
} from '../../../../cli/render/approval.js';
import { createStyle } from '../../../../cli/render/style.js';
import { anApproval, aQuestion } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const now = Date.parse('2026-11-21T09:00:12.000Z');

describe('approvals', () => {
  it('say how to answer each question, in words that no shell runs', () => {
    const questions = ['Which colour?', "It's $(rm -rf ~)?"].map((question) => ({
      question,
      options: [{ label: 'blue' }],
      multiSelect: false,
    }));
    expect(renderApprovalHelp({ ...aQuestion, questions })).toBe(
      "khlone approve a_2 --answer 'Which colour?=blue' --answer 'It'\\''s $(rm -rf ~)?=blue'  or  khlone deny a_2",
    );
  });

  it('do not say again what the title says whole', () => {
    const write = { ...anApproval, tool: 'Write', input: { file_path: '/z/a.txt', content: 'hello' } };
    const told = renderApprovalDetail({ ...write, title: 'Write: /z/a.txt' }, style);
    expect(told).toBe('    content: hello\n');
    const cut = renderApprovalDetail({ ...write, title: 'Write: /z/a…' }, style);
    expect(cut).toBe('    file_path: /z/a.txt\n    content: hello\n');
  });

  it('are questions, never the tool that asks them', () => {
    const asked = { ...aQuestion, title: 'AskUserQuestion: Which colour?' };
    const shown =
      renderApprovals([asked], { style, now }) +
      renderApprovalFull(asked, style) +
      renderApprovalHeading(asked);
    expect(shown).toContain('mechanic.1 asks: Which colour?');
    expect(shown).not.toContain('AskUserQuestion');
    const answered = { ...asked, status: 'allowed' as const, answers: { 'Which colour?': 'blue' } };
    expect(renderResolved(answered, style)).toBe('answered: blue');
  });

  it('are listed', () => {
    const list = renderApprovals([anApproval], { style, now });
    expect(list).toContain('a_1       mechanic.1  pending  10s  Run a command');
    expect(renderApprovals([], { style, now })).toBe('No approval waits.\n');
  });

  it('show a long input cut, and say where all of it is', () => {
    const input = { command: Array.from({ length: 100 }, (_, at) => `line ${at}`).join('\n') };
    const detail = renderApprovalDetail({ ...anApproval, input }, style);
    expect(detail.split('\n').length).toBeLessThan(50);
    expect(detail).toContain('khlone approvals a_1');
    expect(renderApprovalFull({ ...anApproval, input }, style)).toContain('line 99');
  });

  it('show what hides in an input', () => {
    const detail = renderApprovalDetail(
      { ...anApproval, input: { command: 'ls\u001b[2K\r; rm -rf ~' } },
      style,
    );
    expect(detail).toBe('    command: ls␍; rm -rf ~\n');
  });

  it.each([
    ['allowed', 'allow', 'allowed Run a command'],
    ['allowed', 'allowAlways', 'allowed always Run a command'],
    ['denied', 'deny', 'denied Run a command: not here'],
    ['expired', undefined, 'denied by its deadline Run a command'],
    ['withdrawn', undefined, 'no longer asked Run a command'],
  ] as const)('tell that they are %s by %s', (status, decision, line) => {
    expect(renderResolved({ ...anApproval, status, decision, message: 'not here' }, style)).toBe(line);
  });
});
