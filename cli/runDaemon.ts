import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { locateZone } from '../client/autostart.js';
import { daemonEnvironment } from '../client/environment.js';
import { parseReport } from '../client/launch.js';
import { fail } from '../protocol/fail.js';
import type { Context } from './context.js';
import type { Ending } from './exit.js';
import { packageFile } from './package.js';
import { oneLine } from './render/sanitize.js';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the zone's daemon as a child with our own output, hands signals on to it and ends as it does.
 * @throws what the daemon says why it does not start
 */
export async function runDaemon({ folder, env, out }: Context): Promise<Ending> {
  const { zone, paths } = locateZone(folder, env);
  // By path: the CLI never imports the daemon.
  const daemonProgram = packageFile('dist/daemon/main.js');
  // A session of its own, so that Ctrl-C reaches it once, through us, and not a second time from the terminal.
  const child = spawn(process.execPath, [daemonProgram, '--zone', zone.root], {
    detached: true,
    cwd: '/',
    env: { ...daemonEnvironment(env), KHLONE_READY_FD: '3' },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of forwarded) process.on(signal, forward);
  try {
    const ended = endOf(child);
    const line = await firstLine(child.stdio[3] as Readable);
    const report = line === undefined ? undefined : parseReport(line);
    if (report?.state === 'failed') throw report.error;
    if (report?.state === 'locked') throw fail('zoneLocked', { path: paths.lock });
    if (report?.state === 'ready') {
      if (out.json) out.object({ zone, socket: report.socket, pid: child.pid, log: paths.log });
      else {
        out.write(`The daemon of ${oneLine(zone.root)} listens at ${report.socket} (pid ${child.pid}).\n`);
        out.note(`  Its log is in ${paths.log}. Ctrl-C stops it.\n`);
      }
    }
    const { code, signal } = await ended;
    if (code === 0) return 'done';
    const how = signal === null ? `code ${code}` : `signal ${signal}`;
    throw new Error(`the daemon ended with ${how}; its log is in ${paths.log}`);
  } finally {
    for (const signal of forwarded) process.off(signal, forward);
  }
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function firstLine(pipe: Readable): Promise<string | undefined> {
  const lines = createInterface({ input: pipe });
  for await (const line of lines) return line;
  return undefined;
}
