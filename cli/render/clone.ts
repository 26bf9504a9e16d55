import type { Clone } from '../../client/generated/types.js';
import { formatCost, formatDuration, formatTime, formatTokens } from './format.js';
import { oneLine } from './sanitize.js';
import type { Style } from './style.js';
import { renderFields } from './table.js';
import { labelsText } from './task.js';

const duration = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : formatDuration(ms);

/** Everything about one clone. */
export function renderClone(clone: Clone, style: Style): string {
  const { limits } = clone;
  const fields = renderFields(
    [
      ['clone', clone.name],
      ['brain', clone.model === undefined ? clone.brain : `${clone.brain} (${clone.model})`],
      ['status', clone.status],
      ['task', clone.task],
      ['queued', clone.queued === 0 ? undefined : String(clone.queued)],
      ['directory', clone.cwd],
      ['approvals', clone.approvals],
      ['labels', labelsText(clone.labels)],
      ['brief', clone.brief],
      ['task timeout', duration(limits.taskTimeoutMs)],
      ['approval timeout', duration(limits.approvalTimeoutMs)],
      ['idle timeout', duration(limits.idleMs)],
      ['longest queue', limits.maxQueued === undefined ? undefined : String(limits.maxQueued)],
      ['recovery', limits.recovery],
      ['missing', clone.missing === undefined ? undefined : clone.missing.join(', ')],
      ['conversation', clone.conversation],
      ['tokens', formatTokens(clone.usage) === '-' ? undefined : `${formatTokens(clone.usage)} in/out`],
      ['cost', clone.usage.costUsd === 0 ? undefined : formatCost(clone.usage.costUsd)],
      ['enrolled', formatTime(clone.enrolledAt)],
      ['retired', clone.retiredAt === undefined ? undefined : formatTime(clone.retiredAt)],
    ],
    style,
  );
  const error =
    clone.error === undefined
      ? ''
      : `\n${style.red(oneLine(clone.error.message))}\n  next: ${oneLine(clone.error.hint)}\n`;
  return fields + error;
}
