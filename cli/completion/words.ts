import type { Command, Option } from 'commander';

/** An option as a completion offers it. */
export interface OptionWord {
  /** As it is typed: `--json`, `-d`. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** What comes after it. */
  readonly value: 'none' | 'folder' | 'other';
}

/** A command as a completion offers it. */
export interface CommandWord {
  readonly name: string;
  readonly summary: string;
  /** Whether its first argument can be a clone. */
  readonly takesClone: boolean;
  readonly options: readonly OptionWord[];
  readonly commands: readonly CommandWord[];
}

/** The words of a program whose verbs are all loaded. */
export function describeWords(command: Command): CommandWord {
  return {
    name: command.name(),
    summary: command.description(),
    takesClone: ['who', 'clone'].includes(command.registeredArguments[0]?.name() ?? ''),
    options: [
      ...command.options.map(describeOption),
      { flags: ['--help', '-h'], summary: 'display help', value: 'none' },
    ],
    commands: command.commands.map(describeWords),
  };
}

function describeOption(option: Option): OptionWord {
  const flags = [option.long, option.short].filter((flag) => flag !== undefined && flag !== null);
  const folder = /<dir>/.test(option.flags);
  const value = folder ? 'folder' : option.required || option.optional ? 'other' : 'none';
  return { flags, summary: option.description, value };
}
