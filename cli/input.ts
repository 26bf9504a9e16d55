import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { usageError } from './failure.js';
import { oneLine } from './render/sanitize.js';

/** Longest duration the protocol takes: what a timer can hold. */
const longestMs = 2_147_483_647;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** Whether this is a duration as `parseDuration` reads it. */
export function isDuration(text: string): boolean {
  return durationPattern.test(text);
}

/** Reads a duration such as `90s`, `10m` or `1h30m` into milliseconds. @throws invalidParams */
export function parseDuration(text: string): number {
  if (!isDuration(text)) {
    throw usageError(`"${text}" is not a duration`, 'Write a number with its unit: 90s, 10m, 1h30m, 2d.');
  }
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0);
  }
  const ms = Math.round(total);
  if (ms < 1 || ms > longestMs) {
    throw usageError(`The duration ${text} is out of range`, 'Choose one from 1ms to 24d.');
  }
  return ms;
}

/** Reads a whole number within bounds. @throws invalidParams */
export function parseInteger(text: string, least: number, most: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw usageError(
      `"${text}" is not a whole number from ${least} to ${most}`,
      'Mend the number and run it again.',
    );
  }
  return value;
}

const mebibytes: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024 };

/** Reads an amount of memory into MiB: `512m`, `4g`, `1.5gib`. @throws invalidParams */
export function parseMemory(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([mgt])(?:i?b)?$/i.exec(text) ?? [];
  const memory = Math.round(Number(amount) * (mebibytes[unit.toLowerCase()] ?? 0));
  if (memory >= 16 && memory <= 16_777_216) return memory;
  throw usageError(
    `"${text}" is no amount of memory`,
    'Write a number with its unit, 16m at least: 512m, 4g.',
  );
}

/** Reads a number of processors, with a part of one. @throws invalidParams */
export function parseCpus(text: string): number {
  const cpus = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (cpus >= 0.01 && cpus <= 4096) return cpus;
  throw usageError(`"${text}" is no number of processors`, 'Write one from 0.01 on: 0.5, 2.');
}

/** A terminal's size, in cells. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** Most columns or rows of a terminal that the protocol takes. */
export const mostCells = 1000;

/** Reads a size such as `120x40`. @throws invalidParams */
export function parseSize(text: string): Size {
  const [, cols, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  const size = { cols: Number(cols), rows: Number(rows) };
  const fits = [size.cols, size.rows].every((count) => count >= 1 && count <= mostCells);
  if (fits) return size;
  throw usageError(
    `"${text}" is no size of a terminal`,
    `Write columns and rows, 1 to ${mostCells} each: 120x40.`,
  );
}

/** Reads `key=value` words into a record. @throws invalidParams */
export function parsePairs(words: readonly string[], option: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw usageError(`${option} "${word}" has no "="`, `Write it as ${option} key=value.`);
    pairs[word.slice(0, at)] = word.slice(at + 1);
  }
  return pairs;
}

/**
 * Reads `question=answer` words by the questions that were asked: a question may hold a `=` itself, and was shown on
 * one line. @throws invalidParams
 */
export function parseAnswers(
  words: readonly string[],
  questions: readonly { readonly question: string }[],
): Record<string, string> {
  const pairs = words.map((word) => {
    const asked = questions.find(({ question }) => word.startsWith(`${oneLine(question)}=`));
    if (asked === undefined) return parsePairs([word], '--answer');
    return { [asked.question]: word.slice(oneLine(asked.question).length + 1) };
  });
  return Object.assign({}, ...pairs) as Record<string, string>;
}

/** Reads `NAME=VALUE` words, and `NAME` words from this process's environment. @throws invalidParams */
export function parseEnvironment(words: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    const value = at < 0 ? env[word] : word.slice(at + 1);
    if (value === undefined) {
      throw usageError(
        `The variable ${name} is not set in this shell`,
        `Set it, or write --env ${name}=VALUE.`,
      );
    }
    chosen[name] = value;
  }
  return chosen;
}

/** A place to read events from. */
export type From = 'tail' | 'start' | { epoch: number; seq: number };

/** Reads `start`, `tail` or `epoch:seq`. @throws invalidParams */
export function parseFrom(text: string): From {
  if (text === 'start' || text === 'tail') return text;
  const [, epoch, seq] = /^(\d{1,15}):(\d{1,15})$/.exec(text) ?? [];
  if (epoch === undefined || seq === undefined) {
    throw usageError(
      `"${text}" is no place in the history`,
      'Write start, tail, or epoch:seq such as 3:120.',
    );
  }
  return { epoch: Number(epoch), seq: Number(seq) };
}

/** Reads one of a few words. @throws invalidParams */
export function parseChoice<T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    throw usageError(`${option} "${text}" is none of: ${choices.join(', ')}`, 'Choose one of those.');
  }
  return found;
}

/** Text given as it is, or as `@file`. @throws invalidParams when the file cannot be read */
export async function textOrFile(given: string, option: string): Promise<string> {
  if (!given.startsWith('@')) return given;
  const path = given.slice(1);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw usageError(
      `${option} names the file ${path}, which cannot be read (${code})`,
      'Name a file that is there.',
    );
  }
}

/** Longest text of a task, in UTF-16 units: the protocol's `maxSayLength`, which cannot be loaded here without zod. */
export const longestSay = 500_000;

/** What to say to a clone: the words joined, or all of stdin for a single `-`. @throws invalidParams when empty or too long */
export async function readSay(words: readonly string[], stdin: NodeJS.ReadableStream): Promise<string> {
  const say =
    words.length === 1 && words[0] === '-' ? (await readAll(stdin)).replace(/\n$/, '') : words.join(' ');
  if (say.trim() === '') {
    throw usageError('There is nothing to say', 'Add the text, or `-` to read it from stdin.');
  }
  if (say.length > longestSay) {
    const [length, limit] = [say.length, longestSay].map((count) => count.toLocaleString('en'));
    throw usageError(
      `The text has ${length} characters; a clone takes ${limit} at most`,
      'Put it in a file of the zone, and name the file in a short text.',
    );
  }
  return say;
}
