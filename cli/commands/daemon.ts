import type { Command } from 'commander';
import { connectIfRunning, connectTo } from '../context.js';
import { noDaemon } from '../noDaemon.js';
import { withCommon, withExamples, type Bind } from '../declare.js';
import { packageVersion } from '../../protocol/version.js';
import { formatBytes, formatDuration } from '../render/format.js';
import { oneLine } from '../render/sanitize.js';
import { renderFields } from '../render/table.js';
import { defineLogs } from './daemonLogs.js';
import { defineRestart } from './daemonRestart.js';
import { defineStop } from './daemonStop.js';
import type { DaemonStatusResult } from '../../client/index.js';
import type { Style } from '../render/style.js';

/** `khlone daemon start|stop|restart|status|logs|run` */
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
  defineStop(bare('stop', 'stop the daemon of the zone; what is queued waits for the next start'), bind);
  defineRestart(bare('restart', 'end the daemon and start the installed one; brains and turns go on'), bind);
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

function renderStatus(status: DaemonStatusResult, style: Style): string {
  const counts = (values: Readonly<Record<string, number>>): string => {
    const parts = Object.entries(values).map(([name, count]) => `${count} ${name}`);
    return parts.length === 0 ? 'none' : parts.join(', ');
  };
  const upgrade =
    status.daemon.version === packageVersion
      ? ''
      : `; this command is ${packageVersion}: khlone daemon restart brings it up`;
  return renderFields(
    [
      ['zone', status.zone.root],
      ['daemon', `${status.daemon.name} ${status.daemon.version}, pid ${status.daemon.pid}${upgrade}`],
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
