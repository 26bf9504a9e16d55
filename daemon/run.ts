import { KhloneError } from '../protocol/error.js';
import { fail } from '../protocol/fail.js';
import { currentUid, resolveZone } from '../protocol/zone.js';
import type { Daemon } from './daemon.js';
import { setUnexpectedErrorHandler } from './lifecycle.js';
import { createLog, type LogSink, logLevelOf, openLogFile } from './log/logger.js';
import { closeInherited } from './holder/program/inherited.js';
import type { Sandbox } from './sandbox/sandbox.js';
import { claimZone } from './zone/owner.js';
import { type ReadyChannel, takeReadyChannel } from './zone/ready.js';

/** What a daemon is run with. */
export interface RunRequest {
  /** Any folder of the zone; the working directory when left out. */
  readonly zone?: string | undefined;
  /** Whether it says to stderr, too, what it logs. */
  readonly foreground?: boolean | undefined;
  /** Around its asks; the machine's when left out. */
  readonly sandbox?: Sandbox;
}

async function run(channel: ReadyChannel, { zone, foreground, sandbox }: RunRequest): Promise<void> {
  const claim = claimZone({ zone: resolveZone(zone ?? process.cwd()), env: process.env });
  const file = openLogFile({ folder: claim.paths.log, uid: currentUid() });
  const log = createLog(foreground ? both(file) : file, logLevelOf(process.env));
  setUnexpectedErrorHandler((error) => log.error('unexpected', { error }));
  // A fault in one place must not take the others' work with it; the log tells of it.
  process.on('uncaughtException', (error) => log.error('uncaught', { error }));
  process.on('unhandledRejection', (error) => log.error('unhandled', { error }));

  let daemon: Daemon;
  try {
    // Loaded here, so that a native module that is missing is told like any other failure to start.
    daemon = new (await import('./daemon.js')).Daemon({ claim, log, ...(sandbox && { sandbox }) });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => void daemon.stop({ drain: false }));
    }
    // How a client of another protocol has it make room for a daemon of its own release; see cli/daemonEnd.ts.
    process.on('SIGUSR2', () => void daemon.stop({ drain: false, brains: 'keep' }));
    claim.lost.on((reason) => {
      log.error('the zone is no longer ours', { reason });
      process.exitCode = 1;
      void daemon.stop({ drain: false });
    });
    channel.ready(await daemon.listen());
  } catch (error) {
    log.error('did not start', { error });
    claim.dispose();
    throw error;
  }
  await daemon.ended;
  log.dispose();
  // Turns that go on without this process have left their clocks here.
  process.exit();
}

function both(file: LogSink): LogSink {
  return {
    write: (line) => {
      file.write(line);
      process.stderr.write(line);
    },
    dispose: () => file.dispose(),
  };
}

/** Runs a daemon in this process, to its end. */
export async function runDaemon(request: RunRequest): Promise<void> {
  const channel = takeReadyChannel(process.env);
  closeInherited(new Set([0, 1, 2, channel.fd ?? 0]));
  try {
    await run(channel, request);
  } catch (error) {
    const known = error instanceof KhloneError ? error : fail('storageFailed', { reason: String(error) });
    channel.failed(known);
    process.stderr.write(`khlone: ${known.message}\n  next: ${known.hint}\n`);
    process.exitCode = 1;
  }
}
