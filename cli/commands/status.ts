import type { Command } from 'commander';
import { readBoard } from '../board.js';
import type { Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { look } from '../look.js';
import { renderBoard } from '../render/board.js';

interface Options {
  readonly watch?: true;
}

/** `khlone status [who]` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('[who]', 'only a clone, a role or a label; all by default')
    .option('-w, --watch', 'stay, and draw it anew whenever something changes');
  withExamples(command, ['khlone status', 'khlone status mechanic', 'khlone status --watch']);
  command.action(
    bind<Options>((context, { args: [who], options }) =>
      options.watch === true ? watch(context, who) : showStatus(context, who),
    ),
  );
}

/** Prints the board as it is now. */
export function showStatus(context: Context, who?: string): Promise<Ending> {
  const { out } = context;
  return look(context, {
    empty: emptyBoard,
    who,
    async work(khlone) {
      const board = await readBoard(khlone, who);
      if (out.json) out.object(board);
      else {
        const { style, columns } = out.results;
        out.write(renderBoard(board, { style, columns, now: Date.now() }));
      }
      return 'done';
    },
  });
}

function watch(context: Context, who: string | undefined): Promise<Ending> {
  return look(context, {
    empty: emptyBoard,
    who,
    stays: true,
    async work(khlone) {
      const { watchBoard } = await import('../liveBoard.js');
      return watchBoard(khlone, { out: context.out, who });
    },
  });
}

const emptyBoard = (zone: string): object => ({ zone, clones: [], tasks: [], approvals: [] });
