import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BrainEnvironment } from '../contract.js';
import { headOf } from '../streamJson/talk/files.js';
import type { Conversation } from '../streamJson/talk/kind.js';

/** Claude Code's configuration folder. */
export function configOf(env: BrainEnvironment): string | undefined {
  const { CLAUDE_CONFIG_DIR: config, HOME: home } = env;
  return config ?? (home === undefined ? undefined : join(home, '.claude'));
}

/** The folder of a working directory's conversations, in `projects` of the configuration. */
function projectName(cwd: string): string {
  return cwd.replace(/[^a-zA-Z0-9]/g, '-');
}

/** Longest name of such a folder; what is longer is cut there, and a hash is added. */
const longestName = 200;

/** Whether a folder in `projects` may be that of a working directory, whichever way that is written. */
export function isProjectOf(cwd: string, folder: string): boolean {
  return [cwd, realPathOf(cwd)].some((path) => {
    const name = projectName(path.normalize('NFC'));
    if (folder === projectName(path) || folder === name) return true;
    return name.length > longestName && folder.startsWith(`${name.slice(0, longestName)}-`);
  });
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * The file in which Claude Code keeps a conversation, if there is one: in `projects` of its configuration, in a folder
 * named after the working directory with a dash for every UTF-16 unit that is no letter or digit (of ASCII). Where
 * there is no such folder (long names are shortened) every folder is searched; ids are unique.
 */
export function transcriptOf({ cwd, conversation, env }: Conversation): string | undefined {
  const config = configOf(env);
  if (config === undefined) return undefined;
  const projects = join(config, 'projects');
  const name = `${conversation}.jsonl`;
  const expected = join(projects, projectName(cwd));
  const folders = existsSync(expected) ? [expected] : foldersIn(projects);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Bytes at a transcript's start among which its first message is, if it has any. */
const headBytes = 256 * 1024;

/** Whether a conversation has begun: whether its transcript holds a message. */
export function hasBegun(of: Conversation): boolean {
  const file = transcriptOf(of);
  return file !== undefined && holdsMessage(file) === true;
}

/**
 * Takes away a transcript without a message, as a terminal leaves it in which nothing was said. Claude Code would
 * neither go on with such a conversation ("No conversation found") nor begin it ("already in use").
 */
export function dropHusk(of: Conversation): void {
  const file = transcriptOf(of);
  if (file !== undefined && holdsMessage(file) === false) rmSync(file, { force: true });
}

/** Undefined where that cannot be told. */
function holdsMessage(file: string): boolean | undefined {
  const head = headOf(file, headBytes);
  if (head?.includes('"parentUuid":') === true) return true;
  return head && head.length < headBytes ? false : undefined;
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}
