import type { Command } from 'commander';
import { locateZone } from '../../client/autostart.js';
import { servicePlace } from '../../client/service.js';
import { fail } from '../../protocol/fail.js';
import { connectIfRunning, connectTo, insideOf, type Context } from '../context.js';
import { endDaemon, findDaemon } from '../daemonEnd.js';
import { withCommon, withExamples, type Bind } from '../declare.js';
import type { Ending } from '../exit.js';
import { packageFile } from '../package.js';
import { oneLine } from '../render/sanitize.js';
import { renderFields } from '../render/table.js';
import { serviceManager, type ServiceManager } from '../service/manage.js';
import { launchdPlist, serviceEnvironment, systemdUnit, type ServiceSpec } from '../service/text.js';

interface InstallOptions {
  readonly print?: true;
}

/** `khlone service install|uninstall|status` */
export function define(command: Command, bind: Bind): void {
  withExamples(command, ['khlone service install']);
  const add = (name: string, summary: string): Command =>
    withExamples(withCommon(command.command(name).description(summary).copyInheritedSettings(command)), [
      `khlone service ${name}`,
    ]);
  add('install', 'have the system run the daemon of the zone, from login on, and again after a crash')
    .option('--print', 'print what would be written, and write nothing')
    .action(bind<InstallOptions>((context, { options }) => install(context, options.print === true)));
  add('uninstall', 'undo that; brains go on, and the next command starts a daemon').action(bind(uninstall));
  add('status', 'tell whether it is installed and how it is').action(bind(status));
}

interface Service {
  readonly root: string;
  readonly manager: ServiceManager;
  /** What it is to be written as. */
  readonly text: string;
}

function serviceOf({ folder, env }: Context): Service {
  const { zone } = locateZone(folder, env);
  const place = servicePlace(zone, env);
  const spec: ServiceSpec = {
    zone,
    node: process.execPath,
    program: packageFile('dist/daemon/main.js'),
    env: serviceEnvironment(env),
  };
  const text = place.kind === 'systemd' ? systemdUnit(spec) : launchdPlist(spec, place.name);
  return { root: oneLine(zone.root), manager: serviceManager(place, env), text };
}

async function install(context: Context, print: boolean): Promise<Ending> {
  const { out } = context;
  const inside = insideOf(context);
  if (inside !== undefined) {
    const { refusedInside } = await import('../insideClone.js');
    throw await refusedInside(inside, 'khlone service install');
  }
  const { manager, text, root } = serviceOf(context);
  const { kind, name, file } = manager.place;
  if (print) {
    if (out.json) out.object({ kind, name, file, text });
    else out.write(text);
    return 'done';
  }
  await expectManager(manager);
  // Its own daemon takes the place of one that was started by hand; brains and turns go on.
  const before = await findDaemon(context);
  if (before !== undefined) await endDaemon(before, { drain: false, brains: 'keep' });
  await manager.install(text);
  await using khlone = await connectTo(context);
  const { pid } = khlone.session.daemon;
  if (out.json) out.object({ installed: true, kind, name, file, pid });
  else {
    out.write(`${name} runs the daemon of ${root} (pid ${pid}).\n`);
    out.write(`  It is in ${file}.\n`);
    if (kind === 'systemd')
      out.note(
        '  It runs while you are logged in; `loginctl enable-linger` has it run without, from boot on.\n',
      );
  }
  return 'done';
}

async function uninstall(context: Context): Promise<Ending> {
  const { out } = context;
  const { manager, root } = serviceOf(context);
  const { kind, name, file } = manager.place;
  const installed = manager.installed() !== undefined;
  if (installed) {
    await expectManager(manager);
    const { pid } = await manager.state();
    const daemon = await findDaemon(context);
    const running = daemon?.state === 'speaks' ? daemon.khlone.session.daemon.pid : daemon?.pid;
    if (daemon !== undefined && running === pid) await endDaemon(daemon, { drain: false, brains: 'keep' });
    else if (daemon?.state === 'speaks') await daemon.khlone.close();
    await manager.uninstall();
  }
  if (out.json) out.object({ uninstalled: installed, kind, name, file });
  else if (installed) out.write(`${name} is gone. The next command starts a daemon as before.\n`);
  else out.write(`No service is installed for ${root}.\n`);
  return 'done';
}

async function status(context: Context): Promise<Ending> {
  const { out } = context;
  const { manager, text, root } = serviceOf(context);
  const { kind, name, file } = manager.place;
  const written = manager.installed();
  const fault = await manager.fault();
  const { state, pid } = fault === undefined ? await manager.state() : { state: 'unknown', pid: undefined };
  await using khlone = await connectIfRunning(context);
  const daemon = khlone?.session.daemon.pid;
  const installed = written !== undefined;
  const current = written === text;
  if (out.json) {
    out.object({
      installed,
      current,
      kind,
      name,
      file,
      ...(fault !== undefined && { fault }),
      state,
      pid,
      daemon,
    });
    return 'done';
  }
  const { style } = out.results;
  const by = daemon === undefined ? 'none runs' : daemon === pid ? 'run by the service' : 'run by itself';
  out.write(
    renderFields(
      [
        ['zone', root],
        ['service', installed ? name : 'not installed; khlone service install does so'],
        ['file', installed ? file : undefined],
        ['written', !installed || current ? undefined : 'for another Node, khlone or PATH; install it again'],
        ['manager', fault === undefined ? kind : `${kind} does not answer: ${fault}`],
        ['state', installed ? state : undefined],
        ['daemon', daemon === undefined ? by : `pid ${daemon}, ${by}`],
      ],
      style,
    ),
  );
  return 'done';
}

/** @throws where no manager of services answers: nothing was written then */
async function expectManager(manager: ServiceManager): Promise<void> {
  const fault = await manager.fault();
  if (fault === undefined) return;
  const { kind } = manager.place;
  const what = kind === 'systemd' ? "systemd's manager of user services" : 'launchd';
  throw fail('serviceUnavailable', { manager: what, reason: oneLine(fault) });
}
