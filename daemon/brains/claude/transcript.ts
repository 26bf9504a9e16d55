import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrainSpec } from '../contract.js';

/**
 * The file in which Claude Code keeps a conversation, if there is one: in `projects` of its configuration, in a folder
 * named after the working directory with a dash for every UTF-16 unit that is no letter or digit (of ASCII). Where
 * there is no such folder (long names are shortened) every folder is searched; ids are unique.
 */
export function transcriptOf({ cwd, conversation, env }: BrainSpec): string | undefined {
  const config =
    env['CLAUDE_CONFIG_DIR'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.claude'));
  if (config === undefined) return undefined;
  const projects = join(config, 'projects');
  const name = `${conversation}.jsonl`;
  const expected = join(projects, cwd.replace(/[^a-zA-Z0-9]/g, '-'));
  const folders = existsSync(expected) ? [expected] : foldersIn(projects);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
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
