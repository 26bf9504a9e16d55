import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BrainSpec } from '../contract.js';
import { asArray, asObject, asString, type Json, parseObject } from '../streamJson/json.js';
import type { AskLayers, AskStart } from '../streamJson/supplier.js';
import { headOf } from '../streamJson/talk/files.js';

/** Bytes of a repository's settings that are looked at; what is longer is no file that somebody wrote. */
const longestSettings = 256 * 1024;

/** Settings files of a repository, in its working directory. */
const repositoryFiles = ['.claude/settings.json', '.claude/settings.local.json'];

/** How a rule begins whose path starts at its settings' folder; in settings from elsewhere it would start there. */
const ofItsFolder = /^(\w+\()\/(?!\/)/;

/**
 * What keeps an ask of Claude Code from loading what could write, by itself and whatever it is asked to do.
 *
 * Of the repository's settings nothing is loaded: hooks and servers aside, they name programs that are run for a key
 * (`apiKeyHelper`), variables for the brain itself and plugins. What they forbid to be read stays forbidden. The user's
 * own settings are: login, model and proxies are there; hooks and the tools they would add are off. Git is not run to
 * describe the repository, as it would run what the repository configures. What the repository has to say in `CLAUDE.md`
 * is read all the same.
 */
export function askStart({ cwd }: Pick<BrainSpec, 'cwd'>, { flags, hook }: AskLayers): AskStart {
  const settings: Json = {
    // With it no hook is called, ours included; settings would win over the process's own variables.
    ...(hook && { env: { CLAUDE_CODE_SIMPLE: '0' } }),
    ...(flags && { disableAllHooks: true, includeGitInstructions: false, ...restrictions(cwd) }),
  };
  const given = `--settings=${JSON.stringify(settings)}`;
  if (!flags) return { args: [given], env: {} };
  return {
    args: [
      '--setting-sources=user',
      '--strict-mcp-config',
      '--disable-slash-commands',
      ...repositoryFolders(cwd).map((folder) => `--add-dir=${folder}`),
      given,
    ],
    env: { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' },
  };
}

/** What the repository's settings forbid, or want asked; and its plugins, which a folder's settings would load, switched off. */
function restrictions(cwd: string): Json {
  const found = repositoryFiles.flatMap((name) => {
    const text = headOf(join(cwd, name), longestSettings)?.toString('utf8');
    return text === undefined ? [] : [parseObject(text) ?? {}];
  });
  const rules = (of: 'deny' | 'ask'): string[] =>
    found
      .flatMap((file) => asArray(asObject(file['permissions'])?.[of]).flatMap((rule) => asString(rule) ?? []))
      .map((rule) => rule.replace(ofItsFolder, `$1/${cwd}/`));
  const plugins = found.flatMap((file) => Object.keys(asObject(file['enabledPlugins']) ?? {}));
  return {
    permissions: { deny: rules('deny'), ask: rules('ask') },
    enabledPlugins: Object.fromEntries(plugins.map((name) => [name, false])),
  };
}

/** A working directory and those it lies in, up to the repository's root; by itself where there is no repository. */
function repositoryFolders(cwd: string): string[] {
  const folders = [cwd];
  for (let folder = cwd; !existsSync(join(folder, '.git'));) {
    const parent = dirname(folder);
    if (parent === folder) return [cwd];
    folders.push((folder = parent));
  }
  return folders;
}
