import type { Command } from 'commander';
import type { TaskKind, TaskListParams, TaskStatus } from '../../client/index.js';
import { withExamples, type Bind } from '../declare.js';
import { parseChoice, parseInteger } from '../input.js';
import { look } from '../look.js';
import { shellWord } from '../render/answer.js';
import { renderTasks } from '../render/task.js';

interface Options {
  readonly status?: TaskStatus[];
  readonly kind?: TaskKind;
  readonly limit?: number;
  readonly before?: string;
}

const statuses = [
  'queued',
  'running',
  'waiting',
  'done',
  'failed',
  'cancelled',
  'interrupted',
  'parked',
] as const satisfies readonly TaskStatus[];

/** `khlone tasks [who]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[who]', 'only those of a clone, a role or a label')
    .option(
      '--status <status>',
      `only those that are so; repeat it: ${statuses.join(', ')}`,
      (word, before?: TaskStatus[]) => [...(before ?? []), parseChoice(word, statuses, '--status')],
    )
    .option('--kind <kind>', 'only act or only ask', (word) => parseChoice(word, ['act', 'ask'], '--kind'))
    .option('--limit <count>', 'how many, the newest first; 20 by default', (word) =>
      parseInteger(word, 1, 500),
    )
    .option('--before <task>', 'go on after this task, for the next page');
  withExamples(command, ['khlone tasks', 'khlone tasks mechanic.1 --status failed --limit 5']);
  command.action(
    bind<Options>((context, { args: [who], options }) => {
      const { out } = context;
      const { status, kind, limit, before } = options;
      const params: TaskListParams = {
        limit: limit ?? 20,
        ...(who !== undefined && { who }),
        ...(status !== undefined && { status }),
        ...(kind !== undefined && { kind }),
        ...(before !== undefined && { before }),
      };
      return look(context, {
        empty: () => ({ tasks: [] }),
        who,
        async work(khlone) {
          const page = await khlone.task.list(params);
          if (out.json) out.object(page);
          else {
            const { style, columns } = out.results;
            out.write(renderTasks(page.tasks, { style, columns, now: Date.now() }));
            if (page.next !== undefined) out.note(`  more: ${nextPage(who, options, page.next)}\n`);
          }
          return 'done';
        },
      });
    }),
  );
}

/** The command for the page after this one: the same filters, further on. */
function nextPage(who: string | undefined, { status, kind, limit }: Options, before: string): string {
  const words = [
    ...(who === undefined ? [] : [who]),
    ...(status ?? []).flatMap((one) => ['--status', one]),
    ...(kind === undefined ? [] : ['--kind', kind]),
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
    '--before',
    before,
  ];
  return `khlone tasks ${words.map(shellWord).join(' ')}`;
}
