import type { Command } from 'commander';
import type { Khlone } from '../../client/index.js';
import { connectTo } from '../context.js';
import { gather, withExamples, type Bind } from '../declare.js';
import { parseAnswers } from '../input.js';
import { everyApproval } from '../pages.js';
import { renderResolved } from '../render/approval.js';

interface Options {
  readonly always?: true;
  readonly answer?: string[];
}

/** `khlone approve <approval>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<approval>', 'its id, as `khlone approvals` lists it')
    .option('--always', "grant the same kind of request for the clone's life")
    .option('--answer <question=label>', 'answer a question; repeat it for each one', gather);
  withExamples(command, [
    'khlone approve a_01k9example0appr',
    'khlone approve a_01k9example0appr --answer "Which colour?=green"',
  ]);
  command.action(
    bind<Options>(async (context, { args: [id = ''], options }) => {
      const { out } = context;
      await using khlone = await connectTo(context);
      const answers = options.answer && (await readAnswers(khlone, id, options.answer));
      const approval = await khlone.approval.respond({
        approval: id,
        decision: options.always === true ? 'allowAlways' : 'allow',
        ...(answers !== undefined && { answers }),
      });
      if (out.json) out.object(approval);
      else out.write(`${renderResolved(approval, out.results.style)}\n`);
      return 'done';
    }),
  );
}

async function readAnswers(
  khlone: Khlone,
  id: string,
  words: readonly string[],
): Promise<Record<string, string>> {
  for await (const approval of everyApproval(khlone, {})) {
    if (approval.id === id) return parseAnswers(words, approval.questions ?? []);
  }
  // Not pending, or not there: the daemon says which.
  return parseAnswers(words, []);
}
