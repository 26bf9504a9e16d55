import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  launchdPlist,
  serviceEnvironment,
  type ServiceSpec,
  systemdUnit,
} from '../../../../cli/service/text.js';
import { servicePlace } from '../../../../client/service.js';

const zone = { root: '/home/you/project', id: '0123456789abcdef' };
const spec: ServiceSpec = {
  zone,
  node: '/usr/bin/node',
  program: '/opt/khlone/dist/daemon/main.js',
  env: { KHLONE_HOME: '/home/you/.local/state/khlone', PATH: '/usr/bin:/bin' },
};
const odd: ServiceSpec = {
  ...spec,
  zone: { ...zone, root: '/home/you/a "b" 100% $HOME \\n <&> é' },
  env: { KHLONE_HOME: '/s', PATH: '/a b:/100%:/"c"' },
};

describe('a systemd unit', () => {
  it('is whole', () => {
    expect(systemdUnit(spec))
      .toBe(`# Written by \`khlone service install\`; \`khlone service uninstall\` removes it.
[Unit]
Description=khlone daemon of /home/you/project
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart="/usr/bin/node" "/opt/khlone/dist/daemon/main.js" "--zone" "/home/you/project" "--foreground"
WorkingDirectory=/
Environment="KHLONE_HOME=/home/you/.local/state/khlone"
Environment="PATH=/usr/bin:/bin"
KillMode=process
Delegate=yes
Restart=on-failure
RestartSec=2

[Install]
WantedBy=default.target
`);
  });

  it('escapes what means something to systemd', () => {
    const unit = systemdUnit(odd);
    expect(unit).toContain('"/home/you/a \\"b\\" 100%% $$HOME \\\\n <&> é"');
    expect(unit).toContain('Environment="PATH=/a b:/100%%:/\\"c\\""');
    expect(systemdUnit({ ...spec, zone: { ...zone, root: '/a\nExecStartPre=/bin/evil' } })).not.toMatch(
      /^ExecStartPre/m,
    );
  });

  it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('is one that systemd takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'khlone-'));
    try {
      for (const each of [spec, odd]) {
        const file = join(folder, 'khlone-test.service');
        // The program has to be there.
        writeFileSync(file, systemdUnit({ ...each, node: process.execPath }));
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--user', file], {
          encoding: 'utf8',
          env: { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder },
        });
        expect(stderr.split('\n').filter((line) => line.includes('khlone-test'))).toEqual([]);
        expect(status).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a launchd agent', () => {
  it('is whole', () => {
    expect(launchdPlist(spec, 'khlone.0123456789abcdef')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>khlone.0123456789abcdef</string>
  <key>ProgramArguments</key>
  <array><string>/usr/bin/node</string><string>/opt/khlone/dist/daemon/main.js</string><string>--zone</string><string>/home/you/project</string><string>--foreground</string></array>
  <key>WorkingDirectory</key><string>/</string>
  <key>EnvironmentVariables</key>
  <dict>
    <key>KHLONE_HOME</key><string>/home/you/.local/state/khlone</string>
    <key>PATH</key><string>/usr/bin:/bin</string>
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key>
  <dict><key>SuccessfulExit</key><false/></dict>
  <key>AbandonProcessGroup</key><true/>
</dict>
</plist>
`);
  });

  it('escapes what means something in XML', () => {
    expect(launchdPlist(odd, 'l')).toContain(
      '<string>/home/you/a &quot;b&quot; 100% $HOME \\n &lt;&amp;&gt; é</string>',
    );
  });
});

describe('a service', () => {
  it('is written with what its daemon needs to be found, and no more', () => {
    const env = {
      HOME: '/home/you',
      PATH: '/bin',
      XDG_STATE_HOME: '/x',
      API_KEY: 'secret',
      KHLONE_SOCKET: '/s',
    };
    const written = (given: NodeJS.ProcessEnv): Record<string, string> => {
      const { MALLOC_ARENA_MAX, ...rest } = serviceEnvironment(given);
      expect(MALLOC_ARENA_MAX).toBe('2');
      return rest;
    };
    expect(written(env)).toEqual({ KHLONE_HOME: '/x/khlone', KHLONE_SOCKET: '/s', PATH: '/bin' });
    expect(
      written({ KHLONE_HOME: '/k', KHLONE_LOG: 'debug', KHLONE_KEEP_DAYS: '7', KHLONE_RUN: 'x' }),
    ).toEqual({ KHLONE_HOME: '/k', KHLONE_LOG: 'debug', KHLONE_KEEP_DAYS: '7' });
    expect(written({ KHLONE_HOME: '/k', KHLONE_LOW_MEMORY: '2g' })).toEqual({
      KHLONE_HOME: '/k',
      KHLONE_LOW_MEMORY: '2g',
    });
    expect(written({ HOME: '/home/you', PATH: '' })).toEqual({
      KHLONE_HOME: '/home/you/.local/state/khlone',
    });
  });

  it('lies where its manager looks for it', () => {
    const { file } = servicePlace(zone, { HOME: '/home/you' }, 'linux');
    expect(file).toBe('/home/you/.config/systemd/user/khlone-0123456789abcdef.service');
    expect(servicePlace(zone, { HOME: '/h', XDG_CONFIG_HOME: '/c' }, 'linux').file).toMatch(
      /^\/c\/systemd\/user\//,
    );
    expect(servicePlace(zone, { HOME: '/h' }, 'darwin')).toEqual({
      kind: 'launchd',
      name: 'khlone.0123456789abcdef',
      file: '/h/Library/LaunchAgents/khlone.0123456789abcdef.plist',
    });
  });
});
