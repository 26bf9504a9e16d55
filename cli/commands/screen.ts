import type { Command } from 'commander';
import { withExamples, type Bind } from '../declare.js';
import { parseInteger } from '../input.js';
import { look } from '../look.js';
import { sanitize } from '../render/sanitize.js';

interface Options {
  readonly ansi?: true;
  readonly scrollback?: number;
}

/** Most lines above the screen that the protocol gives. */
const mostScrollback = 10_000;

/** `khlone screen <who>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<who>', 'the clone whose terminal it is')
    .option('--ansi', 'with its colours, for a terminal')
    .option('--scrollback <lines>', 'with so many lines above the screen', (word) =>
      parseInteger(word, 0, mostScrollback),
    );
  command.addHelpText(
    'after',
    '\nWith --json also the size, the cursor (from 0, 0) and whether it is the alternate screen.',
  );
  withExamples(command, [
    'khlone screen shell.1',
    'khlone screen shell.1 --scrollback 1000 | grep -i error',
    'khlone screen shell.1 --json',
  ]);
  command.action(
    bind<Options>((context, { args: [who = ''], options: { ansi = false, scrollback } }) =>
      look(context, {
        who,
        async work(khlone) {
          const { out } = context;
          const screen = await khlone.stream.screen({
            who,
            ...(ansi && { ansi }),
            ...(scrollback !== undefined && { scrollback }),
          });
          if (out.json) out.object(screen);
          else if (ansi) out.write(`${screen.ansi ?? screen.text}\u001b[0m\n`);
          else out.write(`${sanitize(screen.text)}\n`);
          return 'done';
        },
      }),
    ),
  );
}
