import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { fail } from '../../../protocol/fail.js';
import type { BrainEnvironment, BrainProgram } from '../contract.js';

/** What to run where it is missing. */
export const claudeInstall =
  'Install Claude Code with `npm install -g @anthropic-ai/claude-code`, then call again.';

const programName = 'claude';
/** A version is printed in about 50 ms; a machine under load takes longer. */
const versionTimeoutMs = 30_000;

const cache = new Map<string, Promise<string>>();

/**
 * Finds Claude Code on the environment's PATH and asks its version, once for each build of it.
 * @throws brainMissing
 */
export async function probeClaude(env: BrainEnvironment): Promise<BrainProgram> {
  const missing = fail('brainMissing', { brain: 'claude', program: programName, install: claudeInstall });
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // A relative entry would make the zone's own files programs.
    if (!isAbsolute(folder)) continue;
    const program = join(folder, programName);
    const build = await buildOf(program);
    if (build === undefined) continue;
    let version = cache.get(build);
    if (!version) {
      version = askVersion(program, env);
      cache.set(build, version);
    }
    try {
      return { program, version: await version };
    } catch {
      cache.delete(build);
      throw missing;
    }
  }
  throw missing;
}

/** Names one build of a program: its path and when it was last changed. */
async function buildOf(program: string): Promise<string | undefined> {
  try {
    const path = await realpath(program);
    await access(path, constants.X_OK);
    const facts = await stat(path);
    return facts.isFile() ? `${path}\0${facts.mtimeMs}` : undefined;
  } catch {
    return undefined;
  }
}

async function askVersion(program: string, env: BrainEnvironment): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version'], { env, timeout: versionTimeoutMs });
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim();
}
