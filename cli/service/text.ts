import { allocation } from '../../client/environment.js';
import { stateHome, type Zone } from '../../protocol/zone.js';
import { oneLine } from '../render/sanitize.js';

/** What a service runs, and in which environment. */
export interface ServiceSpec {
  readonly zone: Zone;
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the daemon's program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where its socket is, where programs are found, and the settings a daemon takes from its environment. */
const passedOn = [
  'KHLONE_SOCKET',
  'PATH',
  'KHLONE_LOG',
  'KHLONE_KEEP_DAYS',
  'KHLONE_KEEP_TASKS',
  'KHLONE_LOW_MEMORY',
] as const;

/** The variables that a service is written with. */
export function serviceEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = passedOn.flatMap((name) => {
    const value = env[name] ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  // The state always, so that a client of another one is not led to this one.
  return { KHLONE_HOME: stateHome(env), ...Object.fromEntries(given), ...allocation };
}

function wordsOf({ node, program, zone }: ServiceSpec): string[] {
  return [node, program, '--zone', zone.root, '--foreground'];
}

/** A systemd user unit. It ends the daemon alone: brains are their holders' affair. */
export function systemdUnit(spec: ServiceSpec): string {
  const environment = Object.entries(spec.env).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}`,
  );
  return [
    '# Written by `khlone service install`; `khlone service uninstall` removes it.',
    '[Unit]',
    `Description=khlone daemon of ${specifier(oneLine(spec.zone.root))}`,
    'StartLimitIntervalSec=300',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    // A variable is not meant by a dollar of a path.
    `ExecStart=${wordsOf(spec)
      .map((word) => quoted(word).replaceAll('$', '$$$$'))
      .join(' ')}`,
    'WorkingDirectory=/',
    ...environment,
    'KillMode=process',
    // The daemon makes a cgroup for each brain.
    'Delegate=yes',
    'Restart=on-failure',
    'RestartSec=2',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** A word of a unit file: in quotes, with what means something there escaped. */
function quoted(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${specifier(escaped)}"`;
}

function specifier(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A launchd agent, as `systemdUnit`. */
export function launchdPlist(spec: ServiceSpec, label: string): string {
  const text = (value: string): string => `<string>${xml(value)}</string>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${text(label)}`,
    '  <key>ProgramArguments</key>',
    `  <array>${wordsOf(spec).map(text).join('')}</array>`,
    `  <key>WorkingDirectory</key>${text('/')}`,
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...Object.entries(spec.env).map(([name, value]) => `    <key>${xml(name)}</key>${text(value)}`),
    '  </dict>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key>',
    '  <dict><key>SuccessfulExit</key><false/></dict>',
    '  <key>AbandonProcessGroup</key><true/>',
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
