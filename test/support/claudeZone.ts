import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect, type Khlone } from '../../client/index.js';
import { type ClaudeScratch, claudeScratch } from './claude.js';
import { type ScriptedModel, startScriptedModel } from './scriptedModel.js';
import { goneWithin } from './processes.js';

const daemonProgram = join(import.meta.dirname, '../../dist/daemon/main.js');

/** A zone with a real daemon, the real Claude CLI and a scripted model. */
export interface ClaudeZone extends AsyncDisposable {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly model: ScriptedModel;
  /** A client; the first one starts the daemon, as does one after a kill. */
  client(env?: Readonly<Record<string, string>>): Promise<Khlone>;
  /** `kill -9` of the daemon; resolves when it is gone. */
  killDaemon(khlone: Khlone): Promise<void>;
}

/** How such a zone is set up. */
export interface ClaudeZoneOptions {
  /** Whether its terminal is set up as after the first run. */
  readonly tui?: boolean;
  /** The compiled daemon; the one that is shipped when left out. */
  readonly program?: string;
}

/**
 * Makes one; dispose it to end all of it. With `tui` its terminal is set up as after the first run, which would
 * else be one of questions.
 */
export async function claudeZone({
  tui = false,
  program = daemonProgram,
}: ClaudeZoneOptions = {}): Promise<ClaudeZone> {
  const model = await startScriptedModel();
  const scratch: ClaudeScratch = claudeScratch(model.url);
  if (tui) afterFirstRun(scratch);
  const root = dirname(scratch.zone);
  const runtime = join(root, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const env = { ...scratch.env, XDG_RUNTIME_DIR: runtime, KHLONE_HOME: join(root, 'state') };
  const clients: Khlone[] = [];
  const daemons = new Set<number>();

  const client = async (own: Readonly<Record<string, string>> = env): Promise<Khlone> => {
    const khlone = await connect({ zone: scratch.zone, env: own, daemonProgram: program });
    clients.push(khlone);
    daemons.add(khlone.session.daemon.pid);
    return khlone;
  };

  return {
    root: scratch.zone,
    env,
    model,
    client,
    async killDaemon(khlone) {
      const { pid } = khlone.session.daemon;
      process.kill(pid, 'SIGKILL');
      await goneWithin(pid, 10_000);
    },
    async [Symbol.asyncDispose]() {
      const last = await client();
      await last.daemon.stop({});
      for (const khlone of clients) await khlone.close();
      for (const pid of daemons) await goneWithin(pid, 20_000);
      await model.close();
      scratch.dispose();
    },
  };
}

/** What the terminal of Claude Code remembers once its questions of the first run were answered. */
function afterFirstRun({ zone, env }: ClaudeScratch): void {
  const settled = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [env['ANTHROPIC_API_KEY']?.slice(-20)], rejected: [] },
    projects: { [zone]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
  writeFileSync(join(env['CLAUDE_CONFIG_DIR'] ?? '', '.claude.json'), JSON.stringify(settled));
}
