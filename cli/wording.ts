import type { KhloneError } from '../protocol/error.js';
import { oneLine } from './render/sanitize.js';

/** What a member of the protocol is at the command line. */
const names: Readonly<Record<string, string>> = {
  who: '<who>',
  role: 'the role',
  say: 'the text',
  task: 'the task',
  approval: 'the approval',
  name: '--name',
  brain: '--brain',
  brief: '--brief',
  model: '--model',
  cwd: '--cwd',
  env: '--env',
  resume: '--resume',
  approvals: '--approvals',
  labels: '--label',
  idempotencyKey: '--key',
  timeoutMs: '--timeout',
  priority: '--priority',
  message: '--message',
  answers: '--answer',
  since: '--since',
  status: '--status',
  kind: '--kind',
  limit: '--limit',
  before: '--before',
  types: '--type',
  from: '--from',
  command: 'the program',
  scrollback: '--scrollback',
  'terminal.prompt': '--prompt',
  'terminal.quietMs': '--quiet',
  'terminal.cols': '--size',
  'terminal.rows': '--size',
  'limits.taskTimeoutMs': '--task-timeout',
  'limits.approvalTimeoutMs': '--approval-timeout',
  'limits.idleMs': '--idle-timeout',
  'limits.maxQueue': '--max-queue',
  'limits.recovery': '--on-crash',
  'limits.askIgnore': '--ask-ignore',
  'limits.maxTurnMs': '--max-turn',
  'limits.maxTokens.task': '--max-tokens',
  'limits.maxTokens.day': '--max-tokens',
  'limits.maxCostUsd.task': '--max-cost',
  'limits.maxCostUsd.day': '--max-cost',
  'limits.onUsageLimit': '--on-usage-limit',
};

/** Issues told of one command. */
const most = 3;

/**
 * What is wrong with a call, in the words of the command line, for an error whose issues name members of the
 * protocol; undefined for any other.
 */
export function wordIssues({ kind, details }: KhloneError): string | undefined {
  const { issues } = details;
  if (kind !== 'invalidParams' || !Array.isArray(issues)) return undefined;
  const worded = issues.filter(isIssue).map(wordIssue);
  if (worded.length === 0 || worded.includes(undefined)) return undefined;
  const text = worded.slice(0, most).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

interface Issue {
  readonly path: string;
  readonly message: string;
}

function isIssue(value: unknown): value is Issue {
  const { path, message } = (value ?? {}) as Partial<Issue>;
  return typeof path === 'string' && typeof message === 'string';
}

function wordIssue({ path, message }: Issue): string | undefined {
  const [member = ''] = /^\w+/.exec(path) ?? [];
  const name = names[path] ?? names[member];
  if (name === undefined) return undefined;
  // What a map holds is told by its key: `--label "a b"`, `--answer "Which colour?"`.
  const [, key] = /^\w+(?:\.(\w+)|\[(".*")\])$/.exec(path)?.filter((part) => part !== undefined) ?? [];
  const part = key === undefined || path in names ? '' : ` ${key}`;
  const words = oneLine(message).replace(/\.+$/, '');
  // Some messages go on from the name, others stand for themselves.
  return /^(?:must|needs?|names?|was|is|has|may)\b/.test(words)
    ? `${name}${part} ${words}`
    : `${name}${part}: ${words}`;
}
