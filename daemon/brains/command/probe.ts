import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { fail } from '../../../protocol/fail.js';
import type { BrainEnvironment, BrainProgram, CommandLine } from '../contract.js';

/**
 * Finds a command's program: a name on the environment's PATH, a path from the clone's own directory.
 * @throws brainMissing; invalidParams where there is no command
 */
export async function probeCommand(env: BrainEnvironment, run?: CommandLine): Promise<BrainProgram> {
  const [name] = run?.command ?? [];
  if (run === undefined || name === undefined) {
    const message = 'is missing: the brain command needs a program to run';
    throw fail('invalidParams', { summary: `command ${message}`, issues: [{ path: 'command', message }] });
  }
  for (const program of placesOf(name, env, run.cwd)) {
    if (await isProgram(program)) return { program, version: 'unknown' };
  }
  const install = name.includes('/')
    ? `Make ${name} an executable file, or enroll the clone with another command.`
    : `Install ${name}, or enroll the clone with its whole path; it was looked for on the PATH of the client.`;
  throw fail('brainMissing', { brain: 'command', program: name, install });
}

function placesOf(name: string, env: BrainEnvironment, cwd: string): string[] {
  if (name.includes('/')) return [resolve(cwd, name)];
  // A relative entry would make the zone's own files programs.
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name));
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
