import type { Command } from 'commander';
import type { Clone, Khlone, Task } from '../../client/index.js';
import { fail } from '../../protocol/fail.js';
import { withExamples, type Bind } from '../declare.js';
import { look } from '../look.js';
import { clonesOf } from '../pages.js';
import { isStalled, renderStall } from '../render/stall.js';
import { renderTask } from '../render/task.js';

/** `khlone task <task>` */
export function define(command: Command, bind: Bind): void {
  command.argument('<task>', 'its id, such as t_01k9…');
  withExamples(command, ['khlone task t_01k9example00task']);
  command.action(
    bind((context, { args: [id = ''] }) => {
      const { out } = context;
      return look(context, {
        notFound: fail('taskNotFound', { task: id }),
        async work(khlone) {
          const task = await khlone.task.get({ task: id });
          if (out.json) {
            out.object(task);
            return 'done';
          }
          const { style, columns } = out.results;
          out.write(renderTask(task, { style, now: Date.now() }));
          const stalls = (await stalled(khlone, task)).map((clone) => renderStall(clone, { style, columns }));
          if (stalls.length > 0) out.write(`\n${stalls.join('')}`);
          return 'done';
        },
      });
    }),
  );
}

/** The clones that a queued task waits for in vain; none where one of them can take it. */
async function stalled(khlone: Khlone, { status, who }: Task): Promise<Clone[]> {
  if (status !== 'queued') return [];
  const clones = await clonesOf(khlone, who);
  return clones.every(isStalled) ? clones : [];
}
