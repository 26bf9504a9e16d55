#!/usr/bin/env node
/**
 * Stands for `systemctl --user` and `launchctl` where neither manages anything: notes down what it is asked, and runs the
 * daemon of the service as it is written, in a session of its own.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = process.env.KHLONE_TEST_MANAGER;
const kind = basename(process.argv[1]);
const words = process.argv.slice(2);
appendFileSync(join(folder, 'asked'), `${[kind, ...words].join(' ')}\n`);
if (existsSync(join(folder, 'deaf'))) {
  process.stderr.write('Failed to connect to bus: No medium found\n');
  process.exit(1);
}

const state = join(folder, 'state.json');
const known = () => (existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {});
const runs = (pid) => {
  try {
    process.kill(pid, 0);
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/** The words of a unit file's line, as systemd reads them. */
function unquote(line) {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
    word.replace(/\\(.)/g, (_, escaped) => ({ n: '\n', t: '\t' })[escaped] ?? escaped).replaceAll('%%', '%'),
  );
}

function fromUnit(text) {
  const lines = text.split('\n');
  const value = (key) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const env = Object.fromEntries(
    value('Environment').map((line) => {
      const [word] = unquote(line);
      const at = word.indexOf('=');
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
  return { args: unquote(value('ExecStart')[0]).map((word) => word.replaceAll('$$', '$')), env };
}

function fromPlist(text) {
  const plain = (word) =>
    word.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const strings = (part) => [...part.matchAll(/<string>([^<]*)<\/string>/g)].map(([, word]) => plain(word));
  const keys = (part) => [...part.matchAll(/<key>([^<]*)<\/key>/g)].map(([, word]) => plain(word));
  const variables = /<key>EnvironmentVariables<\/key>\s*<dict>([^]*?)<\/dict>/.exec(text)[1];
  const values = strings(variables);
  return {
    args: strings(/<array>([^]*?)<\/array>/.exec(text)[1]),
    env: Object.fromEntries(keys(variables).map((key, index) => [key, values[index]])),
  };
}

function start(file) {
  const { pid } = known();
  if (pid !== undefined && runs(pid)) return;
  const text = readFileSync(file, 'utf8');
  const { args, env } = file.endsWith('.plist') ? fromPlist(text) : fromUnit(text);
  // What a manager gives by itself.
  const given = { HOME: process.env.HOME, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR };
  const [program, ...rest] = args;
  const child = spawn(program, rest, {
    cwd: '/',
    env: { ...given, ...env },
    detached: true,
    stdio: 'ignore',
  });
  child.unref();
  writeFileSync(state, JSON.stringify({ file, pid: child.pid }));
}

function stop() {
  const { pid } = known();
  if (pid !== undefined && runs(pid)) process.kill(pid, 'SIGTERM');
}

const units = join(process.env.HOME, '.config/systemd/user');
const args = words.filter((word) => !word.startsWith('-'));
const [verb, subject] = args;
const { pid, file } = known();
switch (verb) {
  case 'show-environment':
  case 'daemon-reload':
    break;
  case 'enable':
  case 'start':
    start(join(units, subject));
    break;
  case 'bootstrap':
    start(args[2]);
    break;
  case 'kickstart':
    if (file === undefined) process.exit(113);
    start(file);
    break;
  case 'disable':
    stop();
    break;
  case 'bootout':
    stop();
    rmSync(state, { force: true });
    break;
  case 'show':
    process.stdout.write(
      `ActiveState=${runs(pid) ? 'active' : 'inactive'}\nMainPID=${runs(pid) ? pid : 0}\n`,
    );
    break;
  case 'print':
    if (runs(pid)) process.stdout.write(`\tstate = running\n\tpid = ${pid}\n`);
    else process.stdout.write('\tstate = not running\n');
    break;
  default:
    process.exit(64);
}
