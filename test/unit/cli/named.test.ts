import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { beforeAll, expect, it } from 'vitest';
import { createProgram } from '../../../cli/program.js';
import { verbs } from '../../../cli/verbs.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let program: Command;
beforeAll(async () => {
  const made = await createProgram({
    load: verbs.map(({ name }) => name),
    context: () => {
      throw new Error('no command is run here');
    },
    stdout: () => {},
  });
  program = made.command;
});

/** Files whose texts tell somebody to run something. */
const files = ['protocol', 'daemon', 'client', 'cli', 'docs', 'README.md', 'CHANGELOG.md'].flatMap((name) => {
  const path = join(root, name);
  if (name.endsWith('.md')) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|md|mjs)$/.test(file) && !file.includes('node_modules'))
    .map((file) => join(path, file));
});

/** What is written as a command: in backticks, or as a line of its own; examples are strings. */
const inText = /(?:\\?`|^ *(?:\$ )?)khlone ([^`\n\\]*)/gm;
const inExamples = /['"]khlone ([^`\n]*)/gm;

const written = (file: string): string[] => {
  const text = readFileSync(file, 'utf8');
  const patterns = file.includes('/cli/commands/') ? [inText, inExamples] : [inText];
  const lines = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, line = '']) => line));
  // A template that begins with the word is a sentence, or a command.
  return lines.filter((line) => !line.includes('${') || verbs.some(({ name }) => line.startsWith(name)));
};

/** What is wrong with a command line that somebody is told to run. */
function faultOf(line: string): string | undefined {
  const words = line
    .replace(/(?<=\s)(["']).*?\1/g, '<text>')
    .replace(/\s(?:#|\||&&|>|--\s).*$/, '')
    .split(/[\s,;:.)]+(?=\s|$)|\s+/)
    .filter((word) => word !== '');
  let command = program;
  for (let word = words[0]; word !== undefined && /^[a-z]+$/.test(word); word = words[0]) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (!next && command.commands.length > 0) return `there is no command ${word}`;
    if (!next) break;
    command = next;
    words.shift();
  }
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
  for (const word of words.flatMap((each) => /^\[?(--?[a-z][\w-]*)/.exec(each)?.[1] ?? [])) {
    if (!known.includes(word) && !['--help', '-h', '--version'].includes(word)) return `it has no ${word}`;
  }
  return undefined;
}

it('finds what is wrong', () => {
  expect(faultOf('retry <task>')).toBeUndefined();
  expect(faultOf('daemon logs -f')).toBeUndefined();
  expect(faultOf('daemon lags')).toBe('there is no command lags');
  expect(faultOf('frobnicate x')).toBe('there is no command frobnicate');
  expect(faultOf('status --frobnicate')).toBe('it has no --frobnicate');
});

it('no hint, help or document names a command or an option that does not exist', () => {
  const lines = files.flatMap((file) => written(file).map((line) => ({ file, line })));
  expect(lines.length).toBeGreaterThan(400);
  const faults = lines.flatMap(({ file, line }) => {
    const fault = faultOf(line);
    return fault === undefined ? [] : [`${relative(root, file)}: khlone ${line}: ${fault}`];
  });
  expect(faults).toEqual([]);
});
