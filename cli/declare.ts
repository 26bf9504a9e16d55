import type { Command } from 'commander';
import type { Context } from './context.js';
import type { Ending } from './exit.js';

/** What a command was called with. */
export interface Call<O> {
  readonly args: readonly string[];
  /** Those of them that came after `--`. */
  readonly separated: readonly string[];
  readonly options: O;
}

/** The work of a command. */
export type Work<O> = (context: Context, call: Call<O>) => Promise<Ending>;

/** Makes a commander action of a command's work. */
export type Bind = <O>(work: Work<O>) => (this: Command) => Promise<void>;

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: true;
  readonly zone?: string;
}

/** Adds what every command has. */
export function withCommon(command: Command): Command {
  return command
    .option('--json', 'print JSON; an error is an object too: {"error": …}')
    .option('--zone <dir>', 'any folder of the zone; the working directory by default');
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${title}\n${examples.map((line) => `  $ ${line}\n`).join('')}`);
}

/** Repeats of an option gathered into a list. */
export function gather(word: string, before: readonly string[] = []): string[] {
  return [...before, word];
}
