import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeWords, type CommandWord } from '../../../cli/completion/words.js';
import { scripts } from '../../../cli/completion/scripts.js';
import { exitCodes } from '../../../cli/exit.js';
import { createProgram } from '../../../cli/program.js';
import { verbs } from '../../../cli/verbs.js';

let root: Command;
let written = '';
const all: { path: string; command: Command }[] = [];

beforeAll(async () => {
  const program = await createProgram({
    load: verbs.map(({ name }) => name),
    context: () => {
      throw new Error('no command is run here');
    },
    stdout: (text) => {
      written += text;
    },
  });
  root = program.command;
  const walk = (command: Command, path: string): void => {
    all.push({ path, command });
    for (const sub of command.commands) walk(sub, `${path} ${sub.name()}`);
  };
  walk(root, 'khlone');
});

const helpOf = (command: Command): string => {
  written = '';
  command.outputHelp();
  return written;
};

describe('every command', () => {
  it('is declared', () => {
    expect(verbs.map(({ name }) => name).sort()).toEqual(
      (
        'act approvals approve ask cancel completion config daemon deny doctor enroll interrupt off record restart retire retry sandbox schema ' +
        'screen service socket status talk task tasks update usage watch zones'
      ).split(' '),
    );
    expect(all.map(({ path }) => path).filter((path) => path.startsWith('khlone daemon '))).toEqual(
      ['start', 'stop', 'restart', 'status', 'logs', 'run'].map((name) => `khlone daemon ${name}`),
    );
  });

  it('has --json, --zone and an example that begins with its own name', () => {
    for (const { path, command } of all) {
      const help = helpOf(command);
      expect(help, path).toContain('--json');
      expect(help, path).toContain('--zone <dir>');
      expect(help, path).toMatch(/Examples?:\n {2}\$ /);
      expect(help.slice(help.search(/Examples?:/)), path).toContain(`${path} `.trimEnd());
    }
  });

  it('has the exit codes in the help of them all', () => {
    const help = helpOf(root);
    for (const { code, means } of Object.values(exitCodes)) expect(help).toContain(`${code}  ${means}`);
  });
});

describe('what is not understood', () => {
  const run = async (...words: string[]): Promise<unknown> => {
    const program = await createProgram({
      load: verbs.map(({ name }) => name),
      context: () => {
        throw new Error('no command is run here');
      },
      stdout: () => undefined,
    });
    return program.run(words);
  };

  it.each([
    [['frobnicate'], "Unknown command 'frobnicate'"],
    [['statsu'], 'Did you mean status?'],
    [['act'], "Missing required argument 'who'"],
    [['act', 'm.1', 'x', '--timeout', 'soon'], 'soon'],
    [['watch', '--bad'], "Unknown option '--bad'"],
    [['watch', '--from', 'yesterday'], 'yesterday'],
    [['socket', 'extra'], 'Too many arguments'],
    [['daemon'], 'needs a word'],
    [['enroll', 'm', '--approvals', 'maybe'], 'ask, acceptEdits, allow, deny'],
    [['enroll', 'm', '--size', '0x40'], '0x40'],
    [['screen', 'm.1', '--scrollback', '10001'], '10001'],
  ])('%j is a usage error with a hint', async (words, message) => {
    const error = await run(...words).then(
      () => undefined,
      (thrown: unknown) => thrown as { kind: string; message: string; hint: string },
    );
    expect(error).toMatchObject({ kind: 'invalidParams' });
    expect(`${error?.message} ${error?.hint}`).toContain(message);
    expect(error?.hint).not.toBe('');
  });
});

describe('completion', () => {
  it('knows every command and every option in every shell', () => {
    const words = describeWords(root);
    const each = (command: CommandWord): CommandWord[] => [command, ...command.commands.flatMap(each)];
    for (const script of [scripts.bash(words), scripts.zsh(words), scripts.fish(words)]) {
      for (const { name, options } of each(words)) {
        expect(script).toContain(name);
        for (const { flags } of options)
          for (const flag of flags) expect(script).toContain(flag.replace(/^-+/, ''));
      }
    }
  });
});
