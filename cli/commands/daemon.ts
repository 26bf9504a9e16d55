import type { Command } from 'commander';
import { connectIfRunning, connectTo, insideOf, zoneRoot, type Context } from '../context.js';
import { withCommon, withExamples, type Bind } from '../declare.js';
import { formatBytes, formatDuration } from '../render/format.js';
import { oneLine } from '../render/sanitize.js';
import { renderFields } from '../render/table.js';
import { defineLogs } from './daemonLogs.js';
import type { DaemonStatusResult, Khlone, KhloneError } from '../../client/index.js';
import type { Style } from '../render/style.js';

interface StopOptions {
  readonly drain?: true;
}

/** `khlone daemon start|stop|status|logs|run` */
export function define(command: Command, bind: Bind): void {
  withExamples(command, ['khlone daemon status']);
  const bare = (name: string, summary: string): Command =>
    withCommon(command.command(name).description(summary).copyInheritedSettings(command));
  const add = (name: string, summary: string): Command =>
    withExamples(bare(name, summary), [`khlone daemon ${name}`]);
  add('start', 'start the daemon of the zone, unless one runs').action(
    bind(async (context) => {
      await using khlone = await connectTo(context);
      const status = await khlone.daemon.status();
      const { out } = context;
      if (out.json) out.object({ started: khlone.startedDaemon, ...status });
      else {
        const what = khlone.startedDaemon ? 'started' : 'runs already';
        out.write(`The daemon of ${oneLine(status.zone.root)} ${what} (pid ${status.daemon.pid}).\n`);
      }
      return 'done';
    }),
  );
  add('stop', 'stop the daemon of the zone; what is queued waits for the next start')
    .option('--drain', 'let running tasks end first')
    .action(bind<StopOptions>((context, { options }) => stop(context, options.drain === true)));
  add('status', 'tell how the daemon is').action(
    bind(async (context) => {
      const { out } = context;
      await using khlone = await connectIfRunning(context);
      if (khlone === undefined) throw await noDaemon(context);
      const status = await khlone.daemon.status();
      if (out.json) out.object(status);
      else out.write(renderStatus(status, out.results.style));
      return 'done';
    }),
  );
  defineLogs(bare('logs', "print the daemon's log"), bind);
  add('run', 'run the daemon here, in the foreground; Ctrl-C stops it').action(
    bind(async (context) => {
      const { runDaemon } = await import('../runDaemon.js');
      return runDaemon(context);
    }),
  );
}

async function stop(context: Context, drain: boolean): Promise<'done'> {
  const { out } = context;
  const khlone = (await connectIfRunning(context)) ?? (await startForLeftBrains(context));
  if (khlone === undefined && insideOf(context) !== undefined) throw await noDaemon(context);
  if (khlone === undefined) {
    if (out.json) out.object({ stopped: false });
    else out.write(`No daemon runs for ${oneLine(await zoneRoot(context))}.\n`);
    return 'done';
  }
  const pid = await askToStop(khlone, drain);
  const { waitForEnd } = await import('../processEnd.js');
  await waitForEnd(pid, drain ? undefined : 30_000);
  if (out.json) out.object({ stopped: true, pid });
  else out.write(`The daemon (pid ${pid}) has stopped.\n`);
  return 'done';
}

/** Brains of a daemon that crashed live on, and only a daemon ends them in good order: starts one where there are any. */
async function startForLeftBrains(context: Context): Promise<Khlone | undefined> {
  const { countLeftBrains } = await import('../leftBrains.js');
  const { locateZone } = await import('../../client/autostart.js');
  const { zone, paths } = locateZone(context.folder, context.env);
  const left = countLeftBrains(paths.brains);
  if (left === 0) return undefined;
  const brains = left === 1 ? '1 brain lives' : `${left} brains live`;
  context.out.note(
    `No daemon runs for ${oneLine(zone.root)}, but ${brains} on after one; starting it to end them.\n`,
  );
  return connectTo(context);
}

/** Lets go of the daemon before its end is awaited: it waits for its clients in turn. */
async function askToStop(khlone: Khlone, drain: boolean): Promise<number> {
  await using asking = khlone;
  const { pid } = await asking.daemon.stop({ drain });
  return pid;
}

/** The error of a zone whose daemon is off: outside of clones that is no fault: it says how to start one and nothing of sockets. */
async function noDaemon(context: Context): Promise<KhloneError> {
  const inside = insideOf(context);
  if (inside !== undefined) {
    const { unreachableFromInside } = await import('../insideClone.js');
    return unreachableFromInside(context, inside);
  }
  const { locateZone } = await import('../../client/autostart.js');
  const { zone, paths } = locateZone(context.folder, context.env);
  const { fail } = await import('../../protocol/fail.js');
  const { retold } = await import('../failure.js');
  const error = fail('daemonUnreachable', { socket: paths.socket, reason: 'none runs' });
  return retold(error, `No daemon runs for ${oneLine(zone.root)}.`, 'khlone daemon start');
}

function renderStatus(status: DaemonStatusResult, style: Style): string {
  const counts = (values: Readonly<Record<string, number>>): string => {
    const parts = Object.entries(values).map(([name, count]) => `${count} ${name}`);
    return parts.length === 0 ? 'none' : parts.join(', ');
  };
  return renderFields(
    [
      ['zone', status.zone.root],
      ['daemon', `${status.daemon.name} ${status.daemon.version}, pid ${status.daemon.pid}`],
      ['up', formatDuration(status.uptimeMs)],
      ['clones', counts(status.clones)],
      ['tasks', counts(status.tasks)],
      ['approvals', status.approvals === 0 ? 'none waits' : `${status.approvals} wait`],
      ['clients', String(status.clients)],
      ['brains', `${status.holder.processes} (${status.holder.kind})`],
      [
        'storage',
        status.storage?.state === 'failing'
          ? `takes nothing: ${status.storage.reason}; see khlone doctor`
          : undefined,
      ],
      ['memory', formatBytes(status.memory.rssBytes)],
      ['socket', status.paths.socket],
      ['state', status.paths.state],
      ['database', status.paths.database],
      ['log', status.paths.log],
    ],
    style,
  );
}
