/** Levels of the daemon's log, least urgent first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** How urgent a line is. */
export type LogLevel = (typeof logLevels)[number];

/** One line of the log, as it was read. */
export interface LogEntry {
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads a line; undefined for one that a crash cut off, or that is none of the daemon's. */
export function parseEntry(line: string): LogEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, level, message, ...fields } = value as Record<string, unknown>;
  const known = logLevels.find((name) => name === level);
  if (typeof at !== 'string' || known === undefined || typeof message !== 'string') return undefined;
  return { at, level: known, message, fields };
}

/** Whether a line is at least so urgent. What cannot be read is: it may be the last words before a crash. */
export function isUrgent(line: string, least: LogLevel): boolean {
  const entry = parseEntry(line);
  return entry === undefined || logLevels.indexOf(entry.level) >= logLevels.indexOf(least);
}
