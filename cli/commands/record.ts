import type { Command } from 'commander';
import type { Khlone } from '../../client/index.js';
import type { Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { parseDuration } from '../input.js';
import { look } from '../look.js';
import { formatBytes, formatDuration } from '../render/format.js';
import { oneLine } from '../render/sanitize.js';
import { bidFarewell } from '../terminal/farewell.js';
import { castToFile, castToOutput } from '../terminal/castFile.js';
import { recordHistory, recordLive, type OpenSink, type Recorded } from '../terminal/recording.js';

interface Options {
  readonly for?: number;
  readonly all?: true;
  readonly force?: true;
}

/** `khlone record <who> <file>` */
export function define(command: Command, bind: Bind): void {
  command
    .argument('<who>', 'the clone whose terminal it is')
    .argument('<file>', 'where to write the asciicast (version 3), such as shell.cast; - is stdout')
    .option('--all', 'what is kept of the past instead, also of a program that has ended')
    .option(
      '--for <duration>',
      'end after so long; else Ctrl-C or the end of the program ends it',
      parseDuration,
    )
    .option('--force', 'replace a file that is there already');
  command.addHelpText(
    'after',
    '\nPlay it with `asciinema play`. Every byte is recorded, secrets on the screen included.',
  );
  withExamples(command, [
    'khlone record shell.1 shell.cast',
    'khlone record shell.1 build.cast --for 10m',
    'khlone record shell.1 - --all > yesterday.cast',
  ]);
  command.action(
    bind<Options>((context, { args: [who = '', file = ''], options }) =>
      look(context, { who, stays: true, work: (khlone) => record(khlone, context, { who, file, options }) }),
    ),
  );
}

interface Request {
  readonly who: string;
  readonly file: string;
  readonly options: Options;
}

async function record(khlone: Khlone, context: Context, { who, file, options }: Request): Promise<Ending> {
  const { out } = context;
  const { for: forMs, all = false, force = false } = options;
  const toOutput = file === '-';
  const openSink: OpenSink = async () => {
    if (toOutput) return castToOutput(out);
    const sink = await castToFile(file, force);
    if (!all) out.note(`Recording to ${oneLine(file)}; Ctrl-C ends it.\n`);
    return sink;
  };
  const recorded = all
    ? await recordHistory(khlone, who, openSink)
    : await live(khlone, { who, openSink, forMs });
  if (out.json && !toOutput) out.object({ file, ...recorded });
  else out.note(summary(recorded, file));
  const { outcome } = recorded;
  if (outcome?.reason === 'failed') throw outcome.error;
  return outcome === undefined ? 'done' : bidFarewell(recorded.clone, outcome).ending;
}

interface LiveRequest {
  readonly who: string;
  readonly openSink: OpenSink;
  readonly forMs: number | undefined;
}

async function live(khlone: Khlone, { who, openSink, forMs }: LiveRequest): Promise<Recorded> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  await using stream = await khlone.stream.attach(
    { who, mode: 'watch', encoding: 'base64', lossless: true },
    { signal: stop.signal },
  );
  const timer = forMs === undefined ? undefined : setTimeout(() => stop.abort(), forMs);
  try {
    return await recordLive(stream, openSink);
  } finally {
    clearTimeout(timer);
  }
}

function summary({ clone, durationMs, bytes, missing }: Recorded, file: string): string {
  const where = file === '-' ? '' : ` to ${oneLine(file)}`;
  const kept = missing === undefined ? '' : `  the first ${formatBytes(missing)} of it are no longer kept\n`;
  const size = `${formatDuration(durationMs)}, ${formatBytes(bytes)}`;
  return `Recorded ${oneLine(clone)}${where}: ${size}.\n${kept}`;
}
