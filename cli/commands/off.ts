import type { Command } from 'commander';
import type { Clone, Khlone } from '../../client/index.js';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { inTerminal } from '../inTerminal.js';
import type { Output } from '../output.js';
import { renderClone } from '../render/clone.js';
import { oneLine } from '../render/sanitize.js';

interface Options {
  readonly now?: true;
}

/** How long a program in a terminal may take to end before it is said that it is waited for, in ms. */
const talkMs = 500;

/** `khlone off <clone>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<clone>', 'its process ends, in its terminal too; its conversation stays for the next task')
    .option('--now', 'interrupt a running turn instead of waiting for its end');
  withExamples(command, ['khlone off mechanic.1', 'khlone off mechanic.1 --now']);
  command.action(
    bind<Options>(async (context, { args: [who = ''], options: { now } }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const clone = now === true ? await khlone.clone.hibernate({ who, now }) : await rest(khlone, who, out);
      if (out.json) out.object(clone);
      else out.write(renderClone(clone, out.results.style));
      return 'done';
    }),
  );
}

/** Ends the process after the turn that is on, and says what that waits for. */
async function rest(khlone: Khlone, who: string, out: Output): Promise<Clone> {
  const clone = await khlone.clone.get({ who });
  const { name, task } = clone;
  const tell = (why: string): void => {
    out.note(`${why}\n  not to wait: Ctrl-C, then khlone off ${oneLine(name)} --now\n`);
  };
  if (task !== undefined) tell(`${oneLine(name)} works on ${oneLine(task)}; waiting for its end.`);
  // Who is only attached is not waited for, and whether a turn was typed there shows by the wait alone.
  const timer = inTerminal(clone)
    ? setTimeout(
        () => tell(`Waiting for the end of a turn in the terminal of ${oneLine(name)}, or of its program.`),
        talkMs,
      )
    : undefined;
  try {
    return await khlone.clone.hibernate({ who });
  } finally {
    clearTimeout(timer);
  }
}
