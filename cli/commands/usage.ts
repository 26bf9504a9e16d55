import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { parseDuration } from '../input.js';
import { withExamples, type Bind } from '../declare.js';
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
    .option('--since <when>', 'only from then on: a time, or how long ago, such as 24h')
    .option('--tasks', 'list every task too');
  withExamples(command, ['khlone usage', 'khlone usage mechanic.1 --since 24h --tasks']);
  command.action(
    bind<Options>(async (context, { args: [who], options: { task, since, tasks } }) => {
      const { out } = context;
      const from = since === undefined ? undefined : parseSince(since, Date.now());
      await using khlone = await connectTo(context);
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
    }),
  );
}

/** Reads a time, or a duration before now, into an ISO 8601 time. @throws invalidParams */
export function parseSince(text: string, now: number): string {
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return new Date(Number.isNaN(time) ? now - parseDuration(text) : time).toISOString();
}
