import type { Command } from 'commander';
import { connectTo, insideOf, zoneRoot, type Context } from '../context.js';
import { withExamples, type Bind } from '../declare.js';
import type { RunningDaemon } from '../daemonEnd.js';
import type { Ending } from '../exit.js';
import { noDaemon } from '../noDaemon.js';
import { oneLine } from '../render/sanitize.js';

interface Options {
  readonly drain?: true;
  readonly keepBrains?: true;
}

/** `khlone daemon stop` */
export function defineStop(command: Command, bind: Bind): void {
  command
    .option('--drain', 'let running tasks end first')
    .option('--keep-brains', 'leave brains and their turns to the next daemon');
  command.addHelpText(
    'after',
    '\nWithout an option running turns are interrupted and brains end; queues are kept in any case.',
  );
  withExamples(command, [
    'khlone daemon stop',
    'khlone daemon stop --drain',
    'khlone daemon stop --keep-brains',
  ]);
  command.action(bind<Options>((context, { options }) => stop(context, options)));
}

async function stop(context: Context, options: Options): Promise<Ending> {
  const { out } = context;
  const drain = options.drain === true;
  const keepBrains = options.keepBrains === true;
  const { endDaemon, findDaemon } = await import('../daemonEnd.js');
  const daemon = (await findDaemon(context)) ?? (keepBrains ? undefined : await startForLeftBrains(context));
  if (daemon === undefined && insideOf(context) !== undefined) throw await noDaemon(context);
  if (daemon === undefined) {
    if (out.json) out.object({ stopped: false });
    else out.write(`No daemon runs for ${oneLine(await zoneRoot(context))}.\n`);
    return 'done';
  }
  const pid = await endDaemon(daemon, { drain, brains: keepBrains ? 'keep' : 'end' });
  const kept = keepBrains ? await leftBrains(context) : 0;
  if (out.json) out.object({ stopped: true, pid, ...(keepBrains && { brains: kept }) });
  else {
    const brains = kept === 1 ? '1 brain lives on' : `${kept} brains live on`;
    out.write(`The daemon (pid ${pid}) has stopped${kept === 0 ? '' : `; ${brains} for the next one`}.\n`);
  }
  return 'done';
}

async function leftBrains(context: Context): Promise<number> {
  const { countLeftBrains } = await import('../leftBrains.js');
  const { locateZone } = await import('../../client/autostart.js');
  return countLeftBrains(locateZone(context.folder, context.env).paths.brains);
}

/** Brains of a daemon that crashed live on, and only a daemon ends them in good order: starts one where there are any. */
async function startForLeftBrains(context: Context): Promise<RunningDaemon | undefined> {
  const left = await leftBrains(context);
  if (left === 0) return undefined;
  const brains = left === 1 ? '1 brain lives' : `${left} brains live`;
  context.out.note(
    `No daemon runs for ${oneLine(await zoneRoot(context))}, but ${brains} on after one; starting it to end them.\n`,
  );
  return { state: 'speaks', khlone: await connectTo(context) };
}
