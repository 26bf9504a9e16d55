import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Command } from 'commander';
import { connectTo } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import { usageError } from '../failure.js';

/** `khlone sandbox <who> -- <command...>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<who>', 'a clone')
    .argument('[command...]', 'what to run, after `--`; a shell by default')
    .addHelpText(
      'after',
      '\nRuns a command as an ask of the clone would run: in its sandbox, directory and environment, without its\nsecrets. The exit code is the command’s own; 128 and the number of a signal that ended it.',
    );
  withExamples(command, [
    'khlone sandbox mechanic.1 -- touch written',
    "khlone sandbox mechanic.1 -- sh -c 'ls -la ~/.ssh; cat /proc/mounts'",
  ]);
  command.action(
    bind(async (context, { args: [who = '', ...words], separated }) => {
      if (words.length > separated.length)
        throw usageError('What to run comes after `--`', `Run \`khlone sandbox ${who} -- <command...>\`.`);
      const khlone = await connectTo(context);
      const given = words.length === 0 ? ['/bin/sh'] : words;
      const made = await khlone.sandbox.describe({ who, command: given });
      await khlone.close();
      await context.out.flush();
      process.exit(await runHere(made));
    }),
  );
}

/** Runs it in this terminal; resolves with its exit code, as a shell would tell it. */
function runHere(made: {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { program, args, cwd, env } = made;
    const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
    // What ends this command ends that one, whose terminal it is as well.
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
