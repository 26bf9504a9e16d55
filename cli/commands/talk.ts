import { readlinkSync } from 'node:fs';
import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { usageError } from '../failure.js';
import { parseDuration } from '../input.js';
import { refuseOwn } from '../insideClone.js';
import { choosePrefix, defaultPrefix } from '../terminal/prefix.js';

interface Options {
  readonly prefix?: string;
  readonly readOnly?: true;
  readonly takeover?: true;
  readonly now?: true;
  readonly quiet?: number;
}

/** How long a program is quiet when it has done what was typed, where nobody says. */
const defaultQuietMs = 1000;

/** What another is told who wants to talk to the same clone. */
function ownName(): string {
  let place = '';
  try {
    place = readlinkSync('/proc/self/fd/0');
  } catch {
    // Known on Linux only.
  }
  return `khlone talk${place.startsWith('/dev/') ? ` on ${place}` : ''} (pid ${process.pid})`;
}

/** `khlone talk <who>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<who>', 'the clone whose terminal to sit down at; it is opened where there is none')
    .option('--prefix <key>', `the key before a command, such as C-a; KHLONE_PREFIX, else ${defaultPrefix}`)
    .option('--read-only', 'look, and type nothing')
    .option('--takeover', 'take the place of whoever talks to it now')
    .option('--now', 'interrupt a running turn instead of waiting for its end')
    .option(
      '--quiet <duration>',
      'with input from a pipe: done once nothing was printed for so long, 1s by default',
      parseDuration,
    );
  command.addHelpText(
    'after',
    `
After the prefix key (${defaultPrefix} by default): d detaches, C-z suspends, ? tells this, the prefix key types itself.
A clone with the brain command is also left by a line that is /exit, outside its full-screen programs.
Detached, the program lives on; the clone's next task ends it at rest and goes on with the conversation.
With input from a pipe the input is typed, and what the screen gained by it is printed.`,
  );
  withExamples(command, [
    'khlone talk mechanic.1',
    'khlone talk mechanic.1 --takeover --prefix C-a',
    "echo 'what is 2 + 2?' | khlone talk mechanic.1",
  ]);
  command.action(
    bind<Options>(async (context, { args: [who = ''], options }) => {
      const { stdin, stdout, env } = context;
      const prefix = choosePrefix(options.prefix, env);
      const { takeover = false, now = false, readOnly = false, quiet: quietMs = defaultQuietMs } = options;
      if (readOnly && (takeover || now)) {
        throw usageError('--read-only goes with neither --takeover nor --now', 'Leave out one of them.');
      }
      if ((stdin.isTTY || readOnly) && !stdout.isTTY) {
        throw usageError(
          'talk needs a terminal to draw on',
          `Without one use khlone act ${who} <text>, khlone screen ${who} or khlone watch ${who}; or give the input by a pipe.`,
        );
      }
      if (readOnly) {
        const { mirror } = await import('../terminal/mirror.js');
        return mirror(context, { who, prefix });
      }
      await using khlone = await connectTo(context, ownName());
      await refuseOwn(context, khlone, who);
      if (!stdin.isTTY) {
        const { talkByScript } = await import('../terminal/script.js');
        return await talkByScript(khlone, { context, who, takeover, now, quietMs });
      }
      const { talkByHand } = await import('../terminal/hand.js');
      return await talkByHand(khlone, { context, who, takeover, now, prefix });
    }),
  );
}
