import { Command, CommanderError } from 'commander';
import { packageVersion } from '../protocol/version.js';
import type { Context } from './context.js';
import { withCommon, withExamples, type Bind, type CommonOptions } from './declare.js';
import { exitCodes, type Ending } from './exit.js';
import { usageError } from './failure.js';
import { verbs } from './verbs.js';

/** A program whose chosen verb is declared in full, and the ending its action comes to. */
export interface Program {
  readonly command: Command;
  /** Runs it. @throws KhloneError */
  run(words: readonly string[]): Promise<Ending>;
}

/** What a program is made of. */
export interface ProgramRequest {
  /** Verbs to declare in full; the others are only listed. */
  readonly load: readonly string[];
  /** Makes the context of the command that is run. */
  readonly context: (options: CommonOptions) => Context;
  readonly stdout: (text: string) => void;
}

function codesText(): string {
  const lines = Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padStart(2)}  ${means}`);
  return `\nExit codes:\n${lines.join('\n')}\n`;
}

/** Declares the program. Commander's own ways of writing and leaving are taken from it. */
export async function createProgram({ load, context, stdout }: ProgramRequest): Promise<Program> {
  let ending: Ending = 'done';
  let separated: readonly string[] = [];
  const bind: Bind = (work) =>
    async function action(this: Command) {
      const options = this.optsWithGlobals();
      ending = await work(context(options), { args: this.args, separated, options: options as never });
    };

  const root = new Command('khlone')
    .description('A local control plane for AI coding agents: one daemon a zone, any number of clones.')
    .version(packageVersion, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: stdout, writeErr: () => undefined })
    .showSuggestionAfterError(true);
  withCommon(root);
  withExamples(root, [
    'khlone enroll mechanic --brain demo',
    'khlone act mechanic.1 "say hello"',
    'khlone status --watch',
  ]);
  root.addHelpText('after', codesText);
  for (const verb of verbs) {
    const command = root
      .command(verb.name)
      .description(verb.summary)
      .helpGroup(verb.group)
      .copyInheritedSettings(root);
    if (!load.includes(verb.name)) continue;
    withCommon(command);
    const module = await verb.load();
    module.define(command, bind);
  }
  return {
    command: root,
    async run(words) {
      separated = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
      try {
        await root.parseAsync([...words], { from: 'user' });
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        if (error.exitCode === 0) return 'done';
        if (error.code === 'commander.help' && verbIn(words) === undefined) {
          root.outputHelp();
          return 'done';
        }
        throw misunderstood(error, words);
      }
      return ending;
    },
  };
}

function verbIn(words: readonly string[]): string | undefined {
  return words.find((word) => verbs.some(({ name }) => name === word));
}

function misunderstood(error: CommanderError, words: readonly string[]): Error {
  const verb = verbIn(words);
  const help = verb === undefined ? 'khlone --help' : `khlone ${verb} --help`;
  if (error.code === 'commander.help') {
    return usageError(`\`khlone ${verb}\` needs a word that says what to do`, `Run \`${help}\`.`);
  }
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').trim();
  return usageError(
    first.charAt(0).toUpperCase() + first.slice(1),
    `${suggestion === '' ? '' : `${suggestion} `}Run \`${help}\`.`,
  );
}
