import type { Clone, Limits } from '../../client/generated/types.js';
import {
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  formatPercent,
  formatTime,
  formatTokens,
} from './format.js';
import { oneLine, sentence } from './sanitize.js';
import { backoffText } from './stall.js';
import type { Style } from './style.js';
import { renderFields } from './table.js';
import { labelsText } from './task.js';

const duration = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : formatDuration(ms);

/** A limit, and what keeps it. */
function limitText(limit: string | number | undefined, by: string | undefined): string | undefined {
  if (limit === undefined) return undefined;
  return by === undefined ? String(limit) : `${limit} (by ${by === 'none' ? 'nothing here' : by})`;
}

/** What may be used: `200k/task, 2M/day`. */
function budgetText(budget: Limits['maxTokens'], format: (value: number) => string): string | undefined {
  const parts = (['task', 'day'] as const).flatMap((scope) => {
    const value = budget?.[scope];
    return value === undefined ? [] : [`${format(value)}/${scope}`];
  });
  return parts.length === 0 ? undefined : parts.join(', ');
}

function resourcesText({ processes, rssBytes, cpuPercent }: NonNullable<Clone['resources']>): string {
  const count = processes === 1 ? '1 process' : `${processes} processes`;
  return `${formatBytes(rssBytes)}, ${formatPercent(cpuPercent)} of a processor, ${count}`;
}

/** That a clone is there now, and how it is set: two lines. */
export function renderEnrolled(clone: Clone, style: Style): string {
  const facts = [
    clone.model === undefined ? `brain ${clone.brain}` : `brain ${clone.brain} (${clone.model})`,
    clone.readOnly === true ? 'read-only' : `approvals ${clone.approvals}`,
    `in ${clone.cwd}`,
    labelsText(clone.labels),
  ].filter((fact) => fact !== undefined);
  const about = facts.map(oneLine).join(` ${style.symbols.dot} `);
  return `Enrolled ${style.bold(oneLine(clone.name))}.\n  ${style.dim(about)}\n`;
}

/** Everything about one clone. */
export function renderClone(clone: Clone, style: Style): string {
  const { limits } = clone;
  const fields = renderFields(
    [
      ['clone', clone.name],
      ['brain', clone.model === undefined ? clone.brain : `${clone.brain} (${clone.model})`],
      ['program', clone.command?.join(' ')],
      ['status', clone.posture === 'talk' ? `${clone.status} (its terminal is open)` : clone.status],
      ['task', clone.task],
      ['asides', clone.asides === undefined ? undefined : String(clone.asides)],
      ['queued', clone.queued === 0 ? undefined : String(clone.queued)],
      ['directory', clone.cwd],
      ['read-only', clone.readOnly === true ? 'for good: every task is an ask' : undefined],
      ['approvals', clone.approvals],
      ['labels', labelsText(clone.labels)],
      ['brief', clone.brief],
      ['task timeout', duration(limits.taskTimeoutMs)],
      ['approval timeout', duration(limits.approvalTimeoutMs)],
      ['idle timeout', duration(limits.idleMs)],
      ['longest queue', limits.maxQueue === undefined ? undefined : String(limits.maxQueue)],
      ['recovery', limits.recovery],
      ['ask ignores', limits.askIgnore?.join(', ')],
      ['longest turn', duration(limits.maxTurnMs)],
      ['token budget', budgetText(limits.maxTokens, formatCount)],
      ['cost budget', budgetText(limits.maxCostUsd, formatCost)],
      ['at a usage limit', limits.onUsageLimit],
      ['paused', clone.hold?.reason],
      ['longest silence', duration(limits.stallMs)],
      ['grace', duration(limits.graceMs)],
      [
        'memory limit',
        limitText(limits.memoryMb && formatBytes(limits.memoryMb * 1024 * 1024), clone.enforced?.memory),
      ],
      ['processors', limitText(limits.cpus, clone.enforced?.cpus)],
      [
        'namespace',
        limits.namespace === true ? limitText('asked for', clone.enforced?.processes) : undefined,
      ],
      ['uses', clone.resources === undefined ? undefined : resourcesText(clone.resources)],
      ['failures', clone.backoff === undefined ? undefined : backoffText(clone.backoff, Date.now())],
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
      : `\n${style.red(sentence(clone.error.message))}\n  next: ${sentence(clone.error.hint)}\n`;
  return fields + error;
}
