import type { Command } from 'commander';
import { readBoard } from '../board.js';
import { connectTo, type Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { renderBoard } from '../render/board.js';

interface Options {
  readonly watch?: true;
}

/** `khlone status` */
export function define(command: Command, bind: Bind): void {
  command.option('-w, --watch', 'stay, and draw it anew whenever something changes');
  withExamples(command, ['khlone status', 'khlone status --watch']);
  command.action(
    bind<Options>((context, { options }) => (options.watch === true ? watch(context) : showStatus(context))),
  );
}

/** Prints the board as it is now. */
export async function showStatus(context: Context): Promise<Ending> {
  const { out } = context;
  await using khlone = await connectTo(context);
  const board = await readBoard(khlone);
  if (out.json) out.object(board);
  else {
    const { style, columns } = out.results;
    out.write(renderBoard(board, { style, columns, now: Date.now() }));
  }
  return 'done';
}

async function watch(context: Context): Promise<Ending> {
  const { watchBoard } = await import('../liveBoard.js');
  await using khlone = await connectTo(context, { stays: true });
  return await watchBoard(khlone, context.out);
}
