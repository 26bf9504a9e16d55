import { parseEntry, type LogLevel } from '../log/entry.js';
import { formatTime } from './format.js';
import { oneLine, sanitize } from './sanitize.js';
import type { Paint, Style } from './style.js';

/** A line of the daemon's log for people: time, level, message, fields, and the stack of an error below. */
export function renderLogLine(line: string, style: Style): string {
  const entry = parseEntry(line);
  if (entry === undefined) return `${style.dim(oneLine(line))}\n`;
  const paints: Record<LogLevel, Paint> = {
    debug: style.dim,
    info: style.green,
    warn: style.yellow,
    error: style.red,
  };
  const fields = Object.entries(entry.fields).map(
    ([name, value]) => ` ${style.dim(`${oneLine(name)}=`)}${oneLine(textOf(value))}`,
  );
  const head = `${style.dim(timeOf(entry.at))} ${paints[entry.level](entry.level.padEnd(5))} ${oneLine(entry.message)}`;
  return `${head}${fields.join('')}\n${stacksOf(entry.fields, style)}`;
}

/** To the millisecond: lines of one moment are told apart. */
function timeOf(at: string): string {
  const ms = /\.(\d{3})Z$/.exec(at)?.[1];
  return ms === undefined ? oneLine(at) : `${formatTime(at)}.${ms}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  return isError(value) ? `${value.name}: ${value.message}` : JSON.stringify(value);
}

function stacksOf(fields: Readonly<Record<string, unknown>>, style: Style): string {
  return Object.values(fields)
    .flatMap((value) => (isError(value) && value.stack !== undefined ? value.stack.split('\n').slice(1) : []))
    .map((line) => `    ${style.dim(sanitize(line).trim())}\n`)
    .join('');
}

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

function isError(value: unknown): value is LoggedError {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message, stack = '' } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof message === 'string' && typeof stack === 'string';
}
