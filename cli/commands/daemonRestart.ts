import type { Command } from 'commander';
import type { DaemonStatusResult } from '../../client/index.js';
import { connectTo, insideOf, type Context } from '../context.js';
import { endDaemon, findDaemon, type RunningDaemon } from '../daemonEnd.js';
import { withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { oneLine } from '../render/sanitize.js';

interface Options {
  readonly drain?: true;
}

/** `khlone daemon restart` */
export function defineRestart(command: Command, bind: Bind): void {
  command.option('--drain', 'let running turns end first');
  command.addHelpText(
    'after',
    '\nBrains and their turns go on under their holders meanwhile, and the new daemon takes them up; what waits in\n' +
      'queues waits. The way to a newer khlone: install it, then restart the daemon of each zone.',
  );
  withExamples(command, ['khlone daemon restart']);
  command.action(bind<Options>((context, { options }) => restart(context, options.drain === true)));
}

async function restart(context: Context, drain: boolean): Promise<Ending> {
  const { out } = context;
  const inside = insideOf(context);
  if (inside !== undefined) {
    const { refusedInside } = await import('../insideClone.js');
    throw await refusedInside(inside, 'khlone daemon restart');
  }
  const before = await findDaemon(context);
  const from = before && (await ended(before, drain));
  await using khlone = await connectTo(context);
  const after = await khlone.daemon.status();
  const { pid, version } = after.daemon;
  if (out.json) {
    out.object({
      restarted: from !== undefined,
      ...(from && { from }),
      to: { pid, version },
      ...carried(after),
    });
    return 'done';
  }
  const root = oneLine(after.zone.root);
  if (from === undefined) {
    out.write(`No daemon ran for ${root}; one has started (pid ${pid}).\n`);
    return 'done';
  }
  const upgrade = from.version === version ? '' : `, ${from.version} is now ${version}`;
  out.write(`The daemon of ${root} has restarted (pid ${from.pid} is now ${pid}${upgrade}).\n`);
  out.write(`  ${describe(carried(after))}\n`);
  return 'done';
}

async function ended(before: RunningDaemon, drain: boolean): Promise<{ pid: number; version: string }> {
  const version = before.state === 'speaks' ? before.khlone.session.daemon.version : before.version;
  return { version, pid: await endDaemon(before, { drain, brains: 'keep' }) };
}

/** What the new daemon goes on with. */
interface Carried {
  readonly brains: number;
  readonly running: number;
  readonly queued: number;
  readonly approvals: number;
}

function carried({ holder, tasks, approvals }: DaemonStatusResult): Carried {
  const running = (tasks['running'] ?? 0) + (tasks['waiting'] ?? 0);
  return { brains: holder.processes, running, queued: tasks['queued'] ?? 0, approvals };
}

function describe({ brains, running, queued, approvals }: Carried): string {
  const count = (number: number, one: string, many: string): string =>
    `${number} ${number === 1 ? one : many}`;
  return (
    [
      `${count(brains, 'brain went', 'brains went')} on`,
      `${count(running, 'task runs', 'tasks run')} on`,
      count(queued, 'task waits', 'tasks wait'),
      ...(approvals === 0 ? [] : [`${count(approvals, 'approval waits', 'approvals wait')} for you`]),
    ].join(', ') + '.'
  );
}
