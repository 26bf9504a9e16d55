import type { Command } from 'commander';
import { locateZone } from '../../client/autostart.js';
import type { Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { parseChoice, parseInteger } from '../input.js';
import { isUrgent, logLevels, type LogLevel } from '../log/entry.js';
import { LogReader } from '../log/follow.js';
import { renderLogLine } from '../render/logLine.js';
import { oneLine, sanitizeJson } from '../render/sanitize.js';

interface Options {
  readonly follow?: true;
  readonly lines: number;
  readonly level: LogLevel;
}

/** `khlone daemon logs` */
export function defineLogs(command: Command, bind: Bind): void {
  command
    .option('-f, --follow', 'go on with what comes, across restarts of the daemon; Ctrl-C ends it')
    .option(
      '-n, --lines <count>',
      'how many of the last lines to print',
      (word) => parseInteger(word, 0, 1e6),
      100,
    )
    .option(
      '--level <level>',
      `only lines at least so urgent: ${logLevels.join(', ')}`,
      (word) => parseChoice(word, logLevels, '--level'),
      'debug' as const,
    );
  command.addHelpText('after', '\nWith --json each line is printed as the daemon wrote it.');
  withExamples(command, ['khlone daemon logs', 'khlone daemon logs -f --level warn']);
  command.action(bind<Options>((context, { options }) => logs(context, options)));
}

async function logs(context: Context, { follow, lines, level }: Options): Promise<Ending> {
  const { out, folder, env } = context;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { zone, paths } = locateZone(folder, env);
  const print = (found: readonly string[]): void => {
    const { style } = out.results;
    for (const line of found) out.write(out.json ? `${sanitizeJson(line)}\n` : renderLogLine(line, style));
  };
  const wanted = (found: readonly string[]): string[] => found.filter((line) => isUrgent(line, level));
  using reader = new LogReader(paths.log);
  const before = wanted(reader.read());
  if (follow !== true && reader.unfinished !== '') before.push(reader.unfinished);
  if (before.length === 0 && !out.json)
    out.note(`The log of ${oneLine(zone.root)} has no such line yet: ${paths.log}/daemon.log\n`);
  print(before.slice(Math.max(0, before.length - lines)));
  if (follow !== true) return 'done';
  for await (const found of reader.follow(stop.signal)) {
    print(wanted(found));
    await out.flush();
  }
  return 'done';
}
