import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bubblewrapArgs } from '../../../../daemon/sandbox/bubblewrap.js';
import type { SandboxNeeds, SandboxPlan } from '../../../../daemon/sandbox/contract.js';
import { askEnvironment, planSandbox } from '../../../../daemon/sandbox/plan.js';
import { adviceFor, type Found, probeSandbox } from '../../../../daemon/sandbox/probe.js';
import { machineSandbox } from '../../../../daemon/sandbox/sandbox.js';
import { sandboxProfile } from '../../../../daemon/sandbox/sandboxExec.js';

let root: string;
const at = (...names: string[]): string => join(root, ...names);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'khlone-')));
  for (const name of ['zone', 'home/.ssh', 'home/.local/state/khlone', 'run', 'other']) {
    mkdirSync(at(name), { recursive: true });
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const nothing: SandboxNeeds = { readable: [], writable: [] };
const plan = (env: Record<string, string> = {}, needs = nothing): Promise<SandboxPlan> =>
  planSandbox({
    run: { program: '/bin/sh', args: [], cwd: at('zone'), env: { HOME: at('home'), ...env } },
    needs,
    places: { zone: at('zone'), hidden: [at('home/.local/state/khlone')], sockets: [] },
    own: {},
  });

describe('what an ask sees', () => {
  it('is its zone and home where they lie in a folder that is emptied, and not what lies beside them', async () => {
    const { scratch, kept } = await plan();
    expect(scratch).toContain('/tmp');
    expect(kept).toEqual(expect.arrayContaining([at('zone'), at('home')]));
    expect(kept.some((path) => path === root || path.startsWith(at('other')))).toBe(false);
  });

  it('is neither the keys in the home nor the state of khlone, nor the runtime folder', async () => {
    mkdirSync(at('home/runtime'));
    const { hidden } = await plan({ XDG_RUNTIME_DIR: at('home/runtime') });
    expect(hidden).toEqual(
      expect.arrayContaining([at('home/.ssh'), at('home/.local/state/khlone'), at('home/runtime')]),
    );
  });

  it('is no socket that a program listens on or a variable names, links followed', async () => {
    symlinkSync(at('zone'), at('linked'));
    const servers = ['zone/s', 'linked/t'].map((name) => createServer().listen(at(name)));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    writeFileSync(at('home/agent'), '');
    symlinkSync(at('home/agent'), at('home/link'));
    try {
      const { dead } = await plan({
        SSH_AUTH_SOCK: at('home/link'),
        DOCKER_HOST: `unix://${at('home/agent')}`,
      });
      expect(dead).toEqual(expect.arrayContaining([at('zone/s'), at('zone/t'), at('home/agent')]));
    } finally {
      for (const server of servers) server.close();
    }
  });

  it('has the names it is known by, where those are links in a folder that is emptied', async () => {
    mkdirSync(at('home/versions/20'), { recursive: true });
    symlinkSync('home/versions', at('versions'));
    symlinkSync(at('versions/20'), at('shell'));
    symlinkSync(at('home'), at('me'));
    symlinkSync(at('other'), at('unnamed'));
    const { links } = await plan({ HOME: at('me'), PATH: `${at('shell')}:/bin` });
    const made = { shell: at('versions/20'), versions: 'home/versions', me: at('home') };
    expect(Object.fromEntries(links.map(({ at: place, to }) => [place, to]))).toEqual(
      Object.fromEntries(Object.entries(made).map(([name, to]) => [at(name), to])),
    );
  });

  it('lets a folder be written to that is known by a link', async () => {
    mkdirSync(at('dotfiles/projects'), { recursive: true });
    mkdirSync(at('stage'));
    symlinkSync(at('dotfiles'), at('home/.claude'));
    const needs = {
      readable: [at('home/.claude')],
      writable: [{ from: at('stage'), at: at('home/.claude/projects') }],
    };
    const { writable, kept } = await plan({}, needs);
    expect(writable).toEqual([{ from: at('stage'), at: at('dotfiles/projects') }]);
    expect(kept).toContain(at('dotfiles'));
  });

  it('names no variable that leads to somebody who would write for it', () => {
    const env = { SSH_AUTH_SOCK: '/a', DOCKER_HOST: 'b', XDG_RUNTIME_DIR: '/c', DISPLAY: ':0', PATH: '/bin' };
    expect(askEnvironment(env, { scratch: [realpathSync('/tmp')] })).toEqual({
      PATH: '/bin',
      TMPDIR: '/tmp',
    });
  });
});

const machine = await probeSandbox({
  platform: process.platform,
  path: process.env['PATH'] ?? '',
});

it.skipIf(machine.state.kind !== 'bubblewrap')(
  'an ask finds its program and writes where only links lead',
  async () => {
    mkdirSync(at('home/versions/20'), { recursive: true });
    writeFileSync(at('home/versions/20/speak'), '#!/bin/sh\necho said > "$HOME/.claude/projects/words"\n', {
      mode: 0o755,
    });
    mkdirSync(at('dotfiles/projects'), { recursive: true });
    mkdirSync(at('stage'));
    symlinkSync(at('home/versions/20'), at('shell'));
    symlinkSync(at('dotfiles'), at('home/.claude'));
    symlinkSync(at('home'), at('me'));
    const env = { HOME: at('me'), PATH: `${at('shell')}:/usr/bin:/bin` };
    const sandbox = machineSandbox({ zone: at('zone'), hidden: [], sockets: [] });
    const projects = at('me/.claude/projects');
    const { run } = await sandbox.confine(
      { program: 'env', args: ['speak'], cwd: at('zone'), env },
      { readable: [at('me/.claude')], writable: [{ from: at('stage'), at: projects }] },
    );
    expect(run.program).toBe(machine.wrapper);
    await promisify(execFile)(run.program, [...run.args], { cwd: run.cwd, env: run.env });
    expect(readFileSync(at('stage/words'), 'utf8')).toBe('said\n');
  },
);

it.skipIf(machine.state.kind !== 'bubblewrap')(
  'an ask of a zone that is /tmp itself reads it, writes nothing there, and has another folder for that',
  async () => {
    writeFileSync(at('zone/notes'), 'read');
    const sandbox = machineSandbox({ zone: '/tmp', hidden: [at('other')], sockets: [] });
    const env = { HOME: at('home'), PATH: '/usr/bin:/bin' };
    const words = 'cat "$1/zone/notes"; touch "$TMPDIR/x" && ! touch /tmp/x "$1/zone/x" && ls "$1/other"';
    writeFileSync(at('other/secret'), '');
    const { run } = await sandbox.confine(
      { program: '/bin/sh', args: ['-c', words, 'sh', root], cwd: '/tmp', env },
      { readable: [], writable: [] },
    );
    const { stdout } = await promisify(execFile)(run.program, [...run.args], { cwd: run.cwd, env: run.env });
    expect(stdout).toBe('read');
    expect(run.env['TMPDIR']).toBe('/var/tmp');
  },
);

const made: SandboxPlan = {
  scratch: ['/tmp'],
  kept: ['/tmp/zone'],
  links: [{ at: '/tmp/link', to: 'zone' }],
  hidden: ['/home/me/.ssh'],
  dead: ['/srv/s'],
  writable: [{ from: '/state/stage', at: '/home/me/.claude/projects' }],
  cwd: '/tmp/zone',
};

it('the command line of bubblewrap lays what is kept over what is emptied, and what may be written over all', () => {
  const words = bubblewrapArgs(made, { program: '/bin/echo', args: ['--bind', 'x'] }).join(' ');
  const order = [
    '--ro-bind / /',
    '--tmpfs /tmp ',
    '--symlink zone /tmp/link',
    '--ro-bind /tmp/zone /tmp/zone',
    '--tmpfs /home/me/.ssh',
    '--ro-bind /dev/null /srv/s',
    '--bind /state/stage /home/me/.claude/projects',
    '-- /bin/echo --bind x',
  ].map((part) => words.indexOf(part));
  expect(order).not.toContain(-1);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  for (const flag of [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--disable-userns',
    '--cap-drop ALL',
    '--die-with-parent',
    '--new-session',
  ]) {
    expect(words).toContain(flag);
  }
});

it('the profile of macOS closes what bubblewrap empties, and lets a file be written nowhere else', () => {
  expect(sandboxProfile({ ...made, hidden: ['/Users/me/a "b"\\c'] })).toBe(
    [
      '(version 1)',
      '(allow default)',
      '(deny file-write*)',
      '(allow file-write* (subpath "/private/tmp") (subpath "/private/var/tmp") (subpath "/private/var/folders"))',
      '(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/dtracehelper") (regex #"^/dev/tty"))',
      '(deny file-write* (subpath "/tmp/zone"))',
      '(deny file-read* file-write* (subpath "/Users/me/a \\"b\\"\\\\c"))',
      '(deny file-read* file-write* (literal "/srv/s"))',
      '(allow file-read* file-write* (subpath "/state/stage"))',
      '(deny network-outbound (remote unix-socket))',
      '(allow network-outbound (literal "/private/var/run/mDNSResponder"))',
      '(deny mach-lookup (global-name "com.apple.SecurityServer") (global-name "com.apple.pasteboard.1"))',
      '(deny appleevent-send)',
      '(deny process-info* (target others))',
      '(deny signal (target others))',
      '(deny job-creation)',
    ].join('\n'),
  );
});

describe('where there is none', () => {
  it('says why, and what to do', async () => {
    expect((await probeSandbox({ platform: 'freebsd', path: '' })).state).toMatchObject({ kind: 'none' });
    const broken = at('bwrap');
    writeFileSync(broken, '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2; exit 1\n', {
      mode: 0o755,
    });
    const { state } = await probeSandbox({ platform: 'linux', path: root });
    // The machine's own is looked at as well.
    if (state.kind === 'none') expect(state.reason).toContain('uid map: Permission denied');
    const only = (name: string, value: string) => (asked: string) => (asked === name ? value : undefined);
    const failure = 'setting up uid map: Permission denied';
    expect(adviceFor(failure, only('kernel/apparmor_restrict_unprivileged_userns', '1'))).toContain(
      'AppArmor',
    );
    expect(adviceFor(failure, only('kernel/unprivileged_userns_clone', '0'))).toContain('userns_clone=1');
    expect(adviceFor(failure, only('user/max_user_namespaces', '0'))).toContain('max_user_namespaces');
    expect(adviceFor(failure, () => undefined)).toContain('container');
    expect(adviceFor('Unknown option --disable-userns')).toContain('bubblewrap 0.8');
  });

  it('runs a program as it is, and tells that', async () => {
    const found: Found = { state: { kind: 'none', reason: 'r', next: 'n' } };
    const sandbox = machineSandbox({ zone: root, hidden: [], sockets: [] }, async () => found);
    const run = { program: '/bin/true', args: [], cwd: root, env: { SSH_AUTH_SOCK: '/a' } };
    expect(await sandbox.confine(run, { readable: [], writable: [] })).toEqual({ ...found.state, run });
  });
});
