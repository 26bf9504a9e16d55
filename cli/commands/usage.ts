import type { Command } from 'commander';
import type { Usage } from '../../client/index.js';
import { fail } from '../../protocol/fail.js';
import { withExamples, type Bind } from '../declare.js';
import { usageError } from '../failure.js';
import { isDuration, parseDuration } from '../input.js';
import { look } from '../look.js';
import { renderUsage } from '../render/usage.js';

interface Options {
  readonly task?: string;
  readonly since?: string;
  readonly tasks?: true;
}

/** `khlone usage [who]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[who]', 'only that of a clone, a role or a label')
    .option('--task <task>', 'only that of one task')
    .option(
      '--since <when>',
      'only from then on: a time such as 2026-11-21T09:00, or how long ago, such as 24h',
    )
    .option('--tasks', 'list every task too');
  withExamples(command, ['khlone usage', 'khlone usage mechanic.1 --since 24h --tasks']);
  command.action(
    bind<Options>((context, { args: [who], options: { task, since, tasks } }) => {
      const { out } = context;
      const from = since === undefined ? undefined : parseSince(since, Date.now());
      return look(context, {
        empty: () => ({ total: nothing, byClone: [], byModel: [], byTask: [] }),
        who,
        notFound: task === undefined ? undefined : fail('taskNotFound', { task }),
        async work(khlone) {
          const usage = await khlone.usage.get({
            ...(who !== undefined && { who }),
            ...(task !== undefined && { task }),
            ...(from !== undefined && { since: from }),
          });
          if (out.json) out.object(usage);
          else {
            const { style, columns } = out.results;
            out.write(renderUsage(usage, { style, columns, tasks: tasks === true }));
          }
          return 'done';
        },
      });
    }),
  );
}

const nothing: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  costUsd: 0,
};

/** Reads a time, or a duration before now, into an ISO 8601 time. @throws invalidParams */
export function parseSince(text: string, now: number): string {
  const time = /^\d{4}-/.test(text)
    ? Date.parse(text)
    : isDuration(text)
      ? now - parseDuration(text)
      : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw usageError(
    `--since "${text}" is neither a time nor how long ago`,
    'Write a time such as 2026-11-21T09:00, or a number with its unit: 90s, 10m, 24h, 7d.',
  );
}
