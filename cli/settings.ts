import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ApprovalPolicy, CloneUpdateParams, Limits, RecoveryPolicy } from '../client/index.js';
import type { Context } from './context.js';
import {
  parseChoice,
  parseCpus,
  parseDuration,
  parseEnvironment,
  parseInteger,
  parseMemory,
  parsePairs,
  parseSize,
  textOrFile,
  type Size,
} from './input.js';
import { gather } from './declare.js';
import { parseBudget } from './budget.js';

const policies = ['ask', 'acceptEdits', 'allow', 'deny'] as const satisfies readonly ApprovalPolicy[];
const usageLimits = ['wait', 'fail'] as const satisfies readonly NonNullable<Limits['onUsageLimit']>[];
const recoveries = ['park', 'resume'] as const satisfies readonly RecoveryPolicy[];

/** The settings of a clone as they stand on the command line. */
export interface SettingOptions {
  readonly brief?: string;
  readonly model?: string;
  readonly env?: string[];
  readonly approvals?: ApprovalPolicy;
  readonly label?: string[];
  readonly taskTimeout?: number;
  readonly approvalTimeout?: number;
  readonly idleTimeout?: number;
  readonly maxQueue?: number;
  readonly maxTurn?: number;
  readonly maxTokens?: string[];
  readonly maxCost?: string[];
  readonly onUsageLimit?: NonNullable<Limits['onUsageLimit']>;
  readonly onCrash?: RecoveryPolicy;
  readonly askIgnore?: string[];
  readonly stall?: number;
  readonly grace?: number;
  readonly memory?: number;
  readonly cpus?: number;
  readonly namespace?: boolean;
  readonly prompt?: string;
  readonly quiet?: number;
  readonly size?: Size;
}

/** Adds the settings that `enroll` and `update` share. */
export function withSettings(command: Command): Command {
  return command
    .option('--brief <text>', 'standing instructions; @file reads them from a file')
    .option('--model <name>', 'the model of the brain')
    .option(
      '--env <NAME[=VALUE]>',
      'a variable for the brain, from this shell or as given; repeat it',
      gather,
    )
    .option('--approvals <policy>', `what a request for permission meets: ${policies.join(', ')}`, (word) =>
      parseChoice(word, policies, '--approvals'),
    )
    .option('--label <key=value>', 'a label to select by; repeat it', gather)
    .option('--task-timeout <duration>', 'longest run of a task, such as 30m', parseDuration)
    .option('--approval-timeout <duration>', 'an approval unanswered for so long is denied', parseDuration)
    .option('--idle-timeout <duration>', 'a process at rest for so long is ended', parseDuration)
    .option(
      '--ask-ignore <pattern>',
      "a path that changes by itself, such as dist or '**/*.log', and breaks no ask; repeat it, '' for none",
      gather,
    )
    .option('--max-queue <count>', 'most tasks in the queue', (word) => parseInteger(word, 1, 100_000))
    .option('--max-turn <duration>', 'longest that its brain may work at a turn', parseDuration)
    .option(
      '--max-tokens <budget>',
      "tokens it may use, such as 200k/task or 2m/day; repeat it, '' for no limit",
      gather,
    )
    .option(
      '--max-cost <budget>',
      "US dollars it may use, such as 2/task or 20/day; repeat it, '' for no limit",
      gather,
    )
    .option(
      '--on-usage-limit <policy>',
      `a task at the model's usage limit: ${usageLimits.join(', ')}`,
      (word) => parseChoice(word, usageLimits, '--on-usage-limit'),
    )
    .option(
      '--on-crash <policy>',
      `what becomes of a task that a crash cut off: ${recoveries.join(', ')}`,
      (word) => parseChoice(word, recoveries, '--on-crash'),
    )
    .option('--stall <duration>', 'a turn that is silent for so long fails', parseDuration)
    .option('--grace <duration>', 'time between SIGTERM and SIGKILL', parseDuration)
    .option('--memory <size>', "most memory of its brain's processes, such as 512m or 4g", parseMemory)
    .option('--cpus <count>', "most processors of its brain's processes, such as 1.5", parseCpus)
    .option('--namespace', 'run it in a PID namespace, by bubblewrap: nothing outlives it; no sudo in it')
    .option('--no-namespace', 'run it among all other processes (the default)')
    .option(
      '--prompt <pattern>',
      "a program's prompt, as a regular expression: where it stands, a turn has ended",
    )
    .option(
      '--quiet <duration>',
      'without a prompt a turn has ended after so long without output',
      parseDuration,
    )
    .option('--size <COLSxROWS>', 'size of its terminal while nobody talks, such as 120x40', parseSize);
}

/** The settings as the protocol takes them; what was not given is left out. @throws invalidParams */
export async function readSettings(
  options: SettingOptions,
  context: Context,
): Promise<Omit<CloneUpdateParams, 'who'>> {
  const { brief, model, env, approvals, label } = options;
  const limits = readLimits(options);
  const terminal = readTerminal(options);
  return {
    ...(brief !== undefined && { brief: await textOrFile(brief, '--brief') }),
    ...(model !== undefined && { model }),
    ...(env !== undefined && { env: parseEnvironment(env, context.env) }),
    ...(approvals !== undefined && { approvals }),
    ...(label !== undefined && { labels: parsePairs(label, '--label') }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(terminal).length > 0 && { terminal }),
  };
}

function readLimits(options: SettingOptions): Limits {
  const { taskTimeout, approvalTimeout, idleTimeout, maxQueue, onCrash, askIgnore } = options;
  return {
    ...(taskTimeout !== undefined && { taskTimeoutMs: taskTimeout }),
    ...(approvalTimeout !== undefined && { approvalTimeoutMs: approvalTimeout }),
    ...(idleTimeout !== undefined && { idleMs: idleTimeout }),
    ...(maxQueue !== undefined && { maxQueue }),
    ...(onCrash !== undefined && { recovery: onCrash }),
    ...(askIgnore !== undefined && { askIgnore: askIgnore.filter((pattern) => pattern !== '') }),
    ...readBounds(options),
    ...readBudgets(options),
  };
}

/** Those of what it may use. */
function readBudgets({ maxTurn, maxTokens, maxCost, onUsageLimit }: SettingOptions): Limits {
  return {
    ...(maxTurn !== undefined && { maxTurnMs: maxTurn }),
    ...(maxTokens !== undefined && { maxTokens: parseBudget(maxTokens, '--max-tokens') }),
    ...(maxCost !== undefined && { maxCostUsd: parseBudget(maxCost, '--max-cost') }),
    ...(onUsageLimit !== undefined && { onUsageLimit }),
  };
}

/** Those of its process. */
function readBounds({ stall, grace, memory, cpus, namespace }: SettingOptions): Limits {
  return {
    ...(stall !== undefined && { stallMs: stall }),
    ...(grace !== undefined && { graceMs: grace }),
    ...(memory !== undefined && { memoryMb: memory }),
    ...(cpus !== undefined && { cpus }),
    ...(namespace !== undefined && { namespace }),
  };
}

function readTerminal({ prompt, quiet, size }: SettingOptions): NonNullable<CloneUpdateParams['terminal']> {
  return {
    ...(prompt !== undefined && { prompt }),
    ...(quiet !== undefined && { quietMs: quiet }),
    ...size,
  };
}

/** A folder as the daemon takes it: absolute, since its working directory is not ours. */
export function absolute(folder: string): string {
  return resolve(folder);
}
