import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { currentUid, stateHome, type Zone } from '../protocol/zone.js';

/** What runs services for a user here. */
export type ServiceKind = 'systemd' | 'launchd';

/** Where the service of a zone is written down, and under which name its manager knows it. */
export interface ServicePlace {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly file: string;
}

/** Longest time a manager takes to answer, in ms. */
const managerMs = 10_000;

/** The service of a zone, installed or not. */
export function servicePlace(
  zone: Zone,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): ServicePlace {
  const given = env['HOME'];
  const home = given !== undefined && isAbsolute(given) ? given : homedir();
  if (platform === 'darwin') {
    const name = `khlone.${zone.id}`;
    return { kind: 'launchd', name, file: join(home, 'Library/LaunchAgents', `${name}.plist`) };
  }
  const config = env['XDG_CONFIG_HOME'];
  const base = config !== undefined && isAbsolute(config) ? config : join(home, '.config');
  const name = `khlone-${zone.id}.service`;
  return { kind: 'systemd', name, file: join(base, 'systemd/user', name) };
}

/** The name by which launchd is told of an agent. */
export function launchdTarget(name?: string): string {
  const domain = `gui/${currentUid()}`;
  return name === undefined ? domain : `${domain}/${name}`;
}

/** Asks the manager of services; rejects with what it said. */
export async function askManager(
  kind: ServiceKind,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const [program, args] =
    kind === 'systemd' ? ['systemctl', ['--user', ...words]] : ['launchctl', [...words]];
  const { stdout } = await promisify(execFile)(program, args, { env, timeout: managerMs });
  return stdout;
}

/**
 * Has the zone's service start its daemon, so that a supervisor looks after it; false where none is installed for this
 * environment's state, or its manager does not answer or will not.
 */
export async function startByService(zone: Zone, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { kind, name, file } = servicePlace(zone, env);
  if (!readFile(file).includes(stateHome(env))) return false;
  const words = kind === 'systemd' ? ['start', name] : ['kickstart', launchdTarget(name)];
  return askManager(kind, words, env).then(
    () => true,
    () => false,
  );
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
