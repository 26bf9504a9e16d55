import type { Command } from 'commander';
import { readBoard } from '../board.js';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../program.js';
import { renderBoard } from '../render/board.js';

interface Options {
  readonly watch?: true;
}

/** `khlone status` */
export function define(command: Command, bind: Bind): void {
  command.option('-w, --watch', 'stay, and draw it anew whenever something changes');
  withExamples(command, ['khlone status', 'khlone status --watch']);
  command.action(
    bind<Options>(async (context, { options }) => {
      const { out } = context;
      await using khlone = await connectTo(context, { stays: options.watch === true });
      if (options.watch === true) {
        const { watchBoard } = await import('../liveBoard.js');
        return await watchBoard(khlone, out);
      }
      const board = await readBoard(khlone);
      if (out.json) out.object(board);
      else {
        const { style, columns } = out.results;
        out.write(renderBoard(board, { style, columns, now: Date.now() }));
      }
      return 'done';
    }),
  );
}
