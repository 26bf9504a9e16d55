import type { Command } from 'commander';
import type { CloneAskParams, Khlone, Task } from '../client/index.js';
import { connectTo } from './context.js';
import { gather, type Bind } from './declare.js';
import { oneLine } from './render/sanitize.js';
import { parseDuration, parseEnvironment, parseInteger, parsePairs, longestSay, readSay } from './input.js';

interface Options {
  readonly detach?: true;
  readonly timeout?: number;
  readonly priority?: number;
  readonly label?: string[];
  readonly env?: string[];
  readonly key?: string;
  readonly aside?: true;
}

/** What tells `act` from `ask`. */
export interface WorkKind {
  readonly kind: Task['kind'];
  readonly send: (khlone: Khlone, params: CloneAskParams) => Promise<Task>;
}

const readOnlyNote = ({ clone, who }: Task): string =>
  `${oneLine(clone ?? who)} is read-only: this runs as an ask.`;

/** Declares `act` or `ask`. */
export function defineWork(command: Command, bind: Bind, { kind, send }: WorkKind): void {
  command
    .argument('<who>', 'a clone (mechanic.1), a role (mechanic) or a label (label:team=core)')
    .argument(
      '<text...>',
      `what to say, at most ${longestSay.toLocaleString('en')} characters; \`-\` reads it from stdin`,
    )
    .option('-d, --detach', 'do not wait: print the task and leave it running')
    .option('--timeout <duration>', 'longest run, such as 10m', parseDuration)
    .option('--priority <number>', 'higher goes first; 0 by default', (word) =>
      parseInteger(word, -1000, 1000),
    )
    .option('--label <key=value>', 'a label for the task; repeat it', gather)
    .option('--env <NAME[=VALUE]>', 'a variable the clone was enrolled with and the daemon lost', gather)
    .option('--key <key>', 'idempotency key: the same call with the same key gives one task');
  command.action(
    bind<Options>(async (context, { args: [who = '', ...words], options }) => {
      const { out, stdin, env } = context;
      const { detach, timeout, priority, label, key, aside } = options;
      const params: CloneAskParams = {
        who,
        say: await readSay(words, stdin),
        ...(timeout !== undefined && { timeoutMs: timeout }),
        ...(priority !== undefined && { priority }),
        ...(label !== undefined && { labels: parsePairs(label, '--label') }),
        ...(options.env !== undefined && { env: parseEnvironment(options.env, env) }),
        ...(key !== undefined && { idempotencyKey: key }),
        ...(aside === true && { aside }),
      };
      await using khlone = await connectTo(context);
      const begin = async (): Promise<Task> => {
        const task = await send(khlone, params);
        if (kind === 'act' && task.kind === 'ask') out.note(`${readOnlyNote(task)}\n`);
        return task;
      };
      if (detach === true) {
        const task = await begin();
        if (out.json) out.object(task);
        else {
          out.write(`${task.id}\n`);
          if (out.results.terminal) out.note(`  next: khlone task ${task.id}  or  khlone watch\n`);
        }
        return 'done';
      }
      const { followTask } = await import('./follow.js');
      return await followTask({ context, khlone, begin });
    }),
  );
}
