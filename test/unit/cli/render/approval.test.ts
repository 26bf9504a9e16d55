import { describe, expect, it } from 'vitest';
import {
  renderApprovalDetail,
  renderApprovalFull,
  renderApprovals,
  renderResolved,
} from '../../../../cli/render/approval.js';
import { createStyle } from '../../../../cli/render/style.js';
import { anApproval } from '../shapes.js';

const style = createStyle({ colour: false, unicode: true });
const now = Date.parse('2026-11-21T09:00:12.000Z');

describe('approvals', () => {
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
