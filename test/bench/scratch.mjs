import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../../dist/client/index.js';

/** The compiled CLI. */
export const cli = fileURLToPath(new URL('../../dist/cli/khlone.cjs', import.meta.url));

/** A zone of its own with state and socket of its own; `dispose` stops its daemon and removes all of it. */
function scratchZone() {
  const folder = mkdtempSync(join(tmpdir(), 'khlone-bench-'));
  const zone = join(folder, 'zone');
  const runtime = join(folder, 'run');
  mkdirSync(zone);
  mkdirSync(runtime, { mode: 0o700 });
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    KHLONE_HOME: join(folder, 'state'),
    XDG_RUNTIME_DIR: runtime,
  };
  const open = (options = {}) => connect({ zone, env, ...options });
  return {
    folder,
    zone,
    env,
    open,
    async [Symbol.asyncDispose]() {
      await stop(open);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stop(open) {
  let pid;
  try {
    const khlone = await open({ autoStart: false });
    ({ pid } = await khlone.daemon.stop());
    await khlone.close();
  } catch (error) {
    if (error.kind === 'daemonUnreachable') return;
    throw error;
  }
  while (isAlive(pid)) await wait(10);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs `work` with the zone and disposes of it, whatever happens. */
export async function inScratchZone(work) {
  const scratch = scratchZone();
  try {
    return await work(scratch);
  } finally {
    await scratch[Symbol.asyncDispose]();
  }
}
